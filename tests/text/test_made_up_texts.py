"""Made-up texts have the lengths of the real ones."""

import numpy as np
import torch

from iclip.text.made_up_texts import (
    WordCountTokenizer,
    made_up_captions,
    made_up_classes,
)
from iclip.text.prompts import compose


def test_class_texts_are_as_long_as_imagenet_22ks():
    """Mean 24.5 tokens, median 23, 99 % 49: of the real texts, by CLIP's tokenizer."""
    tokenizer = WordCountTokenizer(77, 49406, 49407, 0)
    texts = [compose(text, "a photo of a {}.") for text in made_up_classes(2731)]
    counts = np.array(tokenizer.token_counts(texts))
    assert abs(counts.mean() - 24.5) < 3
    assert abs(np.median(counts) - 23) <= 1 and abs(np.quantile(counts, 0.99) - 49) <= 1
    assert counts.max() > 77


def test_ids_are_start_words_end_and_padding():
    ids = WordCountTokenizer(6, 0, 2, 1)(["one two", "one two three four five six"])
    assert ids[0, 0] == 0 and ids[0, 3:].tolist() == [2, 1, 1]
    assert ids[1, 0] == 0 and ids[1, 5] == 2
    assert ids[0, 1:3].tolist() == ids[1, 1:3].tolist()
    assert ids.dtype == torch.int64 and (ids[1, 1:5] > 2).all()


def test_captions_have_the_lengths_of_class_texts():
    tokenizer = WordCountTokenizer(77, 49406, 49407, 0)
    counts = tokenizer.token_counts(made_up_captions(1000))
    assert abs(np.mean(counts) - 24.5) < 3 and max(counts) == 112
    assert made_up_captions(0) == []
