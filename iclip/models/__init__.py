"""The two towers, the methods that train them, and their losses."""

from iclip.models.classifier_of_views import ClassifierOfViews
from iclip.models.data_preprocessor import BatchPreprocessor
from iclip.models.methods import (
    CLIP,
    ICLIP,
    ImageClassifier,
    ImageMethod,
    MultiTask,
    Supervised,
    TwoTowers,
    UniCL,
)
from iclip.models.swin import SwinBackbone
from iclip.models.text_towers import RobertaTextEncoder, TextTransformer

__all__ = [
    "CLIP",
    "ICLIP",
    "BatchPreprocessor",
    "ClassifierOfViews",
    "ImageClassifier",
    "ImageMethod",
    "MultiTask",
    "RobertaTextEncoder",
    "Supervised",
    "SwinBackbone",
    "TextTransformer",
    "TwoTowers",
    "UniCL",
]
