"""Words as classes: their embeddings, vocabularies, and the classifier that compares with them."""

from iclip.words.class_embeddings import (
    ClassEmbeddings,
    embed_classes,
    read_class_embeddings,
    write_class_embeddings,
)
from iclip.words.text_classifier import TextClassifier
from iclip.words.vocabulary import read_vocabulary

__all__ = [
    "ClassEmbeddings",
    "TextClassifier",
    "embed_classes",
    "read_class_embeddings",
    "read_vocabulary",
    "write_class_embeddings",
]
