"""Class texts, their composition and their tokens."""

from iclip.text.class_prompts import ClassPrompts
from iclip.text.class_texts import ClassText, ClassTexts, read_class_texts, write_class_texts
from iclip.text.prompts import TEMPLATES, compose
from iclip.text.tokenizer import CLIPTokenizer, RobertaTokenizer

__all__ = [
    "TEMPLATES",
    "CLIPTokenizer",
    "ClassPrompts",
    "ClassText",
    "ClassTexts",
    "RobertaTokenizer",
    "compose",
    "read_class_texts",
    "write_class_texts",
]
