"""What a file is known to be, whatever another program has written into it."""

from pathlib import Path
from typing import Any

import pytest
import torch

from iclip.checkpoints.overview import look_at


def of_meta(tmp_path: Path, meta: Any) -> Any:
    torch.save({"state_dict": {"a": torch.ones(2), "b": 3}, "meta": meta}, tmp_path / "a.pth")
    return look_at(tmp_path / "a.pth")


def test_only_tensors_are_counted(tmp_path: Path):
    file = of_meta(tmp_path, {})
    assert (file.tensors, file.numbers, file.iteration, file.losses) == (1, 2, None, {})


@pytest.mark.parametrize(
    "meta",
    [
        {"iter": "3", "losses": [1.0], "versions": "2.1", "experiment_name": 7},
        {"iter": 1.5, "losses": {"a": "b"}, "versions": {"torch": 2}, "finite": "yes"},
    ],
)
def test_entries_of_other_types_are_not_told(meta: Any, tmp_path: Path):
    file = of_meta(tmp_path, meta)
    told = (file.iteration, file.losses, file.torch_version, file.config, file.finite)
    assert told == (None, {}, None, None, True)


def test_stated_finiteness_counts(tmp_path: Path):
    assert of_meta(tmp_path, {"finite": False}).finite is False
