"""Pascal VOC's format: boxes, and masks of classes."""
