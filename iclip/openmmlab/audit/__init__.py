"""Which configs that OpenMMLab's frameworks ship can be used here, told from their sources."""
