"""Images segmented by words without a training: the map before the mean, projected."""
