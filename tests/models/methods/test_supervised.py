from typing import Any

import pytest
import torch

from tests.distributed.tiny_model import NUM_CLASSES, build, global_batch


def test_pairs_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"4 pairs.*ratio=\(1, 0\)"):
        build("Supervised")(**global_batch("ICLIP", 3, 4), mode="loss")


def test_there_is_no_text_tower() -> None:
    assert {name.split(".")[0] for name in build("Supervised").state_dict()} == {
        "backbone", "classifier",
    }  # fmt: skip


def test_predictions_are_logits_beside_the_labels() -> None:
    batch = global_batch("ICLIP", 3, 4)
    rows: Any = build("Supervised").eval()(
        batch["inputs"][:2], torch.tensor([4, 1]), batch["token_ids"], mode="predict"
    )
    assert [row["gt_label"] for row in rows] == [4, 1]
    assert all(row["logits"].shape == (NUM_CLASSES,) for row in rows)
