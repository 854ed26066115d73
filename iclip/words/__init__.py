"""Words as classes: their embeddings, vocabularies, and the classifier that compares with them."""

from iclip.words.class_embeddings import (
    ClassEmbeddings,
    check_several,
    embed_classes,
    read_class_embeddings,
    write_class_embeddings,
)
from iclip.words.other_classes import classes_for
from iclip.words.set_classes_hook import SetClasses
from iclip.words.text_classifier import TextClassifier
from iclip.words.vocabulary import embed_vocabulary, read_vocabulary

__all__ = [
    "ClassEmbeddings",
    "SetClasses",
    "TextClassifier",
    "check_several",
    "classes_for",
    "embed_classes",
    "embed_vocabulary",
    "read_class_embeddings",
    "read_vocabulary",
    "write_class_embeddings",
]
