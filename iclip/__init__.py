"""iCLIP hub: image-text pre-training with class texts, and the way of its weights downstream."""

__version__ = "0.1.0"
