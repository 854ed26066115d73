"""Made-up classes and batches have the lengths and sizes of the real ones."""

import numpy as np
import pytest
import torch

from iclip.benchmarks.inputs.made_up import (
    WordCountTokenizer,
    build_method,
    made_up_batch,
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


@pytest.mark.parametrize(
    ("config", "labelled", "pairs"),
    [
        ("supervised_swint.py", 3, 0),
        ("clip_swint_pairs100.py", 0, 2),
        ("iclip_swinb.py", 3, 2),
    ],
)
def test_a_method_gets_the_source_that_it_reads(config: str, labelled: int, pairs: int):
    model = build_method(config, classes=4, tiny=True)
    batch = made_up_batch(model, 3, 2, 32)
    assert batch["inputs"].shape == (labelled + pairs, 3, 32, 32)
    assert len(batch["gt_labels"]) == labelled and len(batch["token_ids"]) == pairs
    losses = model(**model.data_preprocessor(batch, True), mode="loss")
    assert all(torch.isfinite(loss) for loss in losses.values())


def test_the_real_text_tower_is_robertas():
    with torch.device("meta"):
        model = build_method("iclip_swinb.py", classes=4)
    assert model.text_encoder.roberta.config.num_hidden_layers == 12
    assert model.backbone.num_features == 1024
