"""Made-up models and batches have the sizes of the real ones."""

import pytest
import torch

from iclip.benchmarks.inputs.made_up import build_method, made_up_batch


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
