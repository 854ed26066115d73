"""Class texts, their composition and their tokens.

Only what needs no torch is re-exported: building a table of class texts should start at once.
"""

from iclip.text.class_texts import ClassText, ClassTexts, read_class_texts, write_class_texts
from iclip.text.prompts import TEMPLATES, compose

__all__ = [
    "TEMPLATES",
    "ClassText",
    "ClassTexts",
    "compose",
    "read_class_texts",
    "write_class_texts",
]
