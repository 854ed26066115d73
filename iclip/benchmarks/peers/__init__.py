"""Other libraries side by side with the hub: the same weights, the same inputs, speed and values."""
