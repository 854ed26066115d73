"""What the hub did before, kept as the side that a measurement compares with."""
