"""A small RoBERTa tokenizer's files, as transformers stores them."""

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import ByteLevelBPETokenizer
from tokenizers.implementations.base_tokenizer import BaseTokenizer


def write_roberta_tokenizer(folder: Path, sentences: Iterable[str]) -> BaseTokenizer:
    """A byte-level BPE trained on a few sentences, with RoBERTa's special tokens."""
    folder.mkdir(exist_ok=True)
    trained = ByteLevelBPETokenizer(add_prefix_space=False)
    trained.train_from_iterator(
        sentences,
        vocab_size=400,
        min_frequency=1,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        show_progress=False,
    )
    trained.save_model(str(folder))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "RobertaTokenizer", "model_max_length": 64})
    )
    (folder / "config.json").write_text(json.dumps({"model_type": "roberta"}))
    return trained
