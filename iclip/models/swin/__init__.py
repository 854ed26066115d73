"""The Swin Transformer: one backbone for pre-training, detection and segmentation."""

from iclip.models.swin.backbone import SwinBackbone

__all__ = ["SwinBackbone"]
