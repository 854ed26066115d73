"""The two towers, the six methods that train them, and their losses."""

from iclip.models.clip import CLIP
from iclip.models.data_preprocessor import BatchPreprocessor
from iclip.models.iclip import ICLIP
from iclip.models.multitask import MultiTask
from iclip.models.roberta_text_encoder import RobertaTextEncoder
from iclip.models.supervised import Supervised
from iclip.models.swin_backbone import SwinBackbone
from iclip.models.text_encoder import TextTransformer
from iclip.models.two_towers import TwoTowers
from iclip.models.unicl import UniCL

__all__ = [
    "CLIP",
    "ICLIP",
    "BatchPreprocessor",
    "MultiTask",
    "RobertaTextEncoder",
    "Supervised",
    "SwinBackbone",
    "TextTransformer",
    "TwoTowers",
    "UniCL",
]
