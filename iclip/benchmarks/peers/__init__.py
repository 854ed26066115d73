"""Other libraries beside the hub, with the same weights and inputs: speed and values."""
