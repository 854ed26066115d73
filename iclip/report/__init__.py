"""A run beside the paper: read, compared and laid out as a page."""
