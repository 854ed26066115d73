"""The methods of the comparison; the sixth, iCLIP with names alone, is a setting of `ICLIP`."""

from iclip.models.methods.clip import CLIP
from iclip.models.methods.iclip import ICLIP
from iclip.models.methods.multitask import MultiTask
from iclip.models.methods.supervised import Supervised
from iclip.models.methods.two_towers import TwoTowers
from iclip.models.methods.unicl import UniCL

__all__ = ["CLIP", "ICLIP", "MultiTask", "Supervised", "TwoTowers", "UniCL"]
