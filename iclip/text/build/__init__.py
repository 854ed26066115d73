"""How a table of class texts is made: from WordNet, from LVIS, or from a table written by hand."""
