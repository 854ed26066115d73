"""The sources of class-text tables: WordNet ids, LVIS's categories, or a table written by hand."""
