"""Detectors that know their classes by words; importing this registers their parts."""

from iclip.openmmlab.text_detection.box_head import TextBBoxHead
from iclip.openmmlab.text_detection.frozen_score import FrozenScoreRCNN, FrozenScoreRoIHead
from iclip.openmmlab.text_detection.seen_boxes import LVISOfCategories, MarkTrainedClasses

__all__ = [
    "FrozenScoreRCNN",
    "FrozenScoreRoIHead",
    "LVISOfCategories",
    "MarkTrainedClasses",
    "TextBBoxHead",
]
