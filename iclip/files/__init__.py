"""Files as people have them: whatever their encoding, dialect or suffix, and written whole."""
