"""Videos with a class each: folders and lists."""
