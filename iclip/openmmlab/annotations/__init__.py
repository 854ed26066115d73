"""Check the data of detection, segmentation and video before a run starts.

The rules are those of the frameworks' readers: a check builds the data set's own class without
reading its files, and takes from it which files it reads and how it numbers classes.
"""

from iclip.openmmlab.annotations.check import check_annotations

__all__ = ["check_annotations"]
