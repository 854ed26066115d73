"""What detection, segmentation and video are trained on, checked before a run starts.

The rules are those of the frameworks' readers: a check builds the data set's own class without its
contents, and takes from it which files it reads and how it numbers classes.
"""

from iclip.openmmlab.annotations.check import check_annotations

__all__ = ["check_annotations"]
