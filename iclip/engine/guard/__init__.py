"""What stands between a step that is not finite and the weights, and what is kept of it."""
