"""iCLIP hub: image-text pre-training with class texts, and transfer to downstream tasks."""

__version__ = "0.1.0"
