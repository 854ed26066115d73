"""Sources of class-text tables: WordNet ids, LVIS's categories, listed names, or a CSV file."""
