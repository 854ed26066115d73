"""Images with a class each: folders and tables."""
