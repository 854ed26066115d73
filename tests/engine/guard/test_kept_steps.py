"""Steps that were not finite lie in files, as many as are to stay, which run no code when read."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from iclip.engine.guard.kept_steps import (
    CONTENT,
    FOLDER,
    plain_batch,
    prune_kept_steps,
    read_kept_step,
    write_kept_step,
    write_weights,
)


class Named(str):
    """A text with more to it, such as a decode error."""


def step(iteration: int, rank: int = 0, **parts: Any) -> dict[str, Any]:
    empty = {name: kind() for name, kind in CONTENT.items()}
    return {**empty, "iteration": iteration, "rank": rank, **parts}


def test_step_is_read_as_it_was_written(tmp_path: Path):
    inputs = torch.randint(0, 256, (2, 3), dtype=torch.uint8)
    errors = [Named("1.jpg is truncated")]
    batch = {"inputs": inputs, "array": np.arange(3), "sizes": (1, 2.5), "decode_errors": errors}
    path = write_kept_step(tmp_path, step(7, 1, batches=[batch], losses={"loss": float("nan")}))
    assert path == tmp_path / FOLDER / "iter_7_rank_1.pth"
    read = read_kept_step(path)
    assert (read["iteration"], read["rank"]) == (7, 1)
    (kept,) = read["batches"]
    assert kept["inputs"].equal(inputs)
    assert kept["array"].tolist() == [0, 1, 2]
    assert (kept["sizes"], kept["decode_errors"]) == ([1, 2.5], ["1.jpg is truncated"])


def test_framework_samples_become_their_names():
    batch = {"data_samples": [SimpleNamespace(img_path="a/1.jpg"), SimpleNamespace()]}
    names = [{"name": "a/1.jpg"}, {"name": "SimpleNamespace"}]
    assert plain_batch(batch) == {"data_samples": names}


class Bomb:
    """Runs code when it is read."""

    def __reduce__(self) -> Any:
        return os.system, ("touch exploded",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (Bomb(), "would run code of"),
        ({"state_dict": {}}, "is not a step that was kept"),
        ([], "is not a"),
    ],
)
def test_other_files_are_refused(
    content: Any, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    torch.save(content, "iter_1_rank_0.pth")
    with pytest.raises(ValueError, match=message):
        read_kept_step(Path("iter_1_rank_0.pth"))
    assert not Path("exploded").exists()


@pytest.mark.parametrize("name", CONTENT)
def test_file_that_lacks_a_part_is_refused(name: str, tmp_path: Path):
    for number, value in enumerate((None, b"other")):
        path = write_kept_step(tmp_path, step(number))
        content = torch.load(path, weights_only=True)
        torch.save({**content, name: value}, path)
        with pytest.raises(ValueError, match="is not a step that was kept"):
            read_kept_step(path)


def test_file_that_is_not_there_is_said(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        read_kept_step(tmp_path / "iter_1_rank_0.pth")


def test_last_steps_and_their_weights_stay(tmp_path: Path):
    for iteration in (2, 5, 20):
        for rank in (0, 1):
            write_kept_step(tmp_path, step(iteration, rank))
        write_weights(tmp_path, iteration, {"state_dict": {}, "meta": {}})

    def left() -> list[str]:
        return sorted(file.name for file in (tmp_path / FOLDER).iterdir())

    prune_kept_steps(tmp_path, 2, rank=0)
    assert left() == [
        "iter_20_rank_0.pth", "iter_20_rank_1.pth", "iter_2_rank_1.pth", "iter_5_rank_0.pth",
        "iter_5_rank_1.pth",
        "weights_before_iter_20.pth", "weights_before_iter_5.pth",
    ]  # fmt: skip
    prune_kept_steps(tmp_path, 1, rank=1)
    prune_kept_steps(tmp_path, 1, rank=0)
    assert left() == ["iter_20_rank_0.pth", "iter_20_rank_1.pth", "weights_before_iter_20.pth"]
