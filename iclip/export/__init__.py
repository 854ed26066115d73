"""Checkpoints in the layouts of other libraries, each file with a manifest."""

from iclip.export.export_checkpoint import LAYOUTS, export_checkpoint

__all__ = ["LAYOUTS", "export_checkpoint"]
