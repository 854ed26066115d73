"""YOLO's format: boxes, and polygons as masks."""
