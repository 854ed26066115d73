"""The methods of the comparison, and the classifier of fine-tuning.

The comparison has five classes, and iCLIP with names alone, a setting of `ICLIP`.
"""

from iclip.models.methods.clip import CLIP
from iclip.models.methods.iclip import ICLIP
from iclip.models.methods.image_classifier import ImageClassifier
from iclip.models.methods.image_method import ImageMethod
from iclip.models.methods.multitask import MultiTask
from iclip.models.methods.supervised import Supervised
from iclip.models.methods.two_towers import TwoTowers
from iclip.models.methods.unicl import UniCL

__all__ = [
    "CLIP",
    "ICLIP",
    "ImageClassifier",
    "ImageMethod",
    "MultiTask",
    "Supervised",
    "TwoTowers",
    "UniCL",
]
