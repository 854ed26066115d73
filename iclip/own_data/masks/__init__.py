"""Masks of segmentation: where they lie, what their numbers and colors mean, what is drawn."""
