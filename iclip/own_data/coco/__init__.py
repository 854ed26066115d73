"""COCO's and LVIS's format: boxes, and masks of objects."""
