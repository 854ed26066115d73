import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.logging import HistoryBuffer
from torch import nn

from iclip.checkpoints import compare_weights, load_checkpoint, load_model_weights
from iclip.checkpoints.weight_files import read_weights


class RunsCode:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"touch {self.mark}",)


class NamesAttribute:
    """What an attacker would do, were ``getattr`` allowed: climb from an allowed type."""

    def __reduce__(self) -> tuple[Any, tuple[type, str]]:
        return getattr, (HistoryBuffer, "__init__")


def checkpoint(**more: Any) -> dict[str, Any]:
    return {"state_dict": {"weight": torch.ones(2)}, "meta": {"iter": 3}, **more}


def test_histories_of_mmengine_are_read(tmp_path: Path):
    history = HistoryBuffer()
    for value in (1.0, 2.0, 6.0):
        history.update(value)
    torch.save(checkpoint(message_hub={"log_scalars": {"loss": history}}), tmp_path / "a.pth")
    loaded = load_checkpoint(tmp_path / "a.pth")["message_hub"]["log_scalars"]["loss"]
    assert loaded.mean() == 3.0
    assert loaded.statistics("max") == 6.0


@pytest.mark.parametrize("mmap", [False, True])
def test_tensors_are_read_with_and_without_mmap(tmp_path: Path, mmap: bool):
    torch.save(checkpoint(), tmp_path / "a.pth")
    assert load_checkpoint(tmp_path / "a.pth", mmap=mmap)["state_dict"]["weight"].sum() == 2


def test_absent_file_is_named_beside_its_neighbors(tmp_path: Path):
    torch.save(checkpoint(), tmp_path / "iter_5.pth")
    with pytest.raises(FileNotFoundError, match=r"iter_6\.pth does not exist; .* has iter_5\.pth"):
        load_checkpoint(tmp_path / "iter_6.pth")


def test_empty_folder_is_said_to_hold_no_checkpoint(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="holds no checkpoint"):
        load_checkpoint(tmp_path / "latest.pth")


@pytest.mark.parametrize("kept", [0.9, 0.5, 0.01, 0.0])
@pytest.mark.parametrize("size", [2, 5000])
def test_truncated_file_is_named_as_such(tmp_path: Path, kept: float, size: int):
    torch.save(checkpoint(more=torch.ones(size)), tmp_path / "a.pth")
    content = (tmp_path / "a.pth").read_bytes()
    (tmp_path / "a.pth").write_bytes(content[: int(kept * len(content))])
    with pytest.raises(ValueError, match=r"a\.pth is truncated or damaged .* Use an earlier iter_"):
        load_checkpoint(tmp_path / "a.pth")


def test_file_that_would_run_code_is_refused(tmp_path: Path):
    torch.save(checkpoint(payload=RunsCode(tmp_path / "mark")), tmp_path / "a.pth")
    said = r"a\.pth is refused: reading it would run code of posix\.system"
    with pytest.raises(ValueError, match=said):
        load_checkpoint(tmp_path / "a.pth")
    assert not (tmp_path / "mark").exists()


def test_attributes_of_allowed_types_are_refused(tmp_path: Path):
    torch.save(checkpoint(payload=NamesAttribute()), tmp_path / "a.pth")
    with pytest.raises(ValueError, match=r"a\.pth is refused: .* could run code"):
        load_checkpoint(tmp_path / "a.pth")


@pytest.mark.parametrize("read", [load_checkpoint, read_weights])
def test_file_that_asks_for_more_memory_than_there_is(
    read: Callable[[Path], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    file = tmp_path / "a.pth"
    file.write_bytes(b"\x80\x02X\xff\xff\xff\x7fa")  # A text of 2 GiB, it says.

    def load(*_: Any, **__: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(torch, "load", load)
    with pytest.raises(ValueError, match=r"a\.pth \(8 bytes\) asks for more memory than there is"):
        read(file)


def test_plain_pickle_that_would_run_code_is_refused(tmp_path: Path):
    payload = pickle.dumps(RunsCode(tmp_path / "mark"), protocol=2)
    (tmp_path / "a.pth").write_bytes(payload)
    with pytest.raises(ValueError, match=r"a\.pth is refused: .* could run code"):
        load_checkpoint(tmp_path / "a.pth")
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [({"model": {}, "epoch": 3}, "the keys 'model', 'epoch'"), ([1, 2], "a list")],
)
def test_other_content_is_described(tmp_path: Path, content: Any, said: str):
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(ValueError, match=f"not an iclip training checkpoint.*holds {said}"):
        load_checkpoint(tmp_path / "a.pth")


def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))


def test_complete_weights_arrive(tmp_path: Path):
    weights = {name: torch.full_like(t, 7) for name, t in model().state_dict().items()}
    target = model()
    report = load_model_weights(target, weights)
    assert report.summary() == "matched 9/9 tensors"
    assert all((tensor == 7).all() for tensor in target.state_dict().values())


def test_comparison_names_every_difference():
    weights = dict(model().state_dict())
    weights["2.weight"] = torch.zeros(1, 4)
    weights["head.bias"] = weights.pop("0.bias")
    report = compare_weights(model(), weights)
    assert list(report.missing) == ["0.bias"]
    assert list(report.left_over) == ["head.bias"]
    assert report.mismatched == {"2.weight": ((1, 4), (1, 3))}
    expected = "matched 7/9 tensors, 1 missing, 1 left over, 1 of another shape"
    assert report.summary() == expected


def test_another_architecture_is_refused_and_the_model_unchanged():
    target, weights = model(), dict(model().state_dict())
    before = {name: tensor.clone() for name, tensor in target.state_dict().items()}
    weights = {name: tensor + 1 for name, tensor in weights.items()}
    weights["2.weight"] = torch.zeros(1, 4)
    weights["head.bias"] = weights.pop("0.bias")
    with pytest.raises(ValueError, match="another architecture: matched 7/9") as error:
        load_model_weights(target, weights)
    assert "missing from the checkpoint (1): 0.bias" in str(error.value)
    assert "left over in the checkpoint (1): head.bias" in str(error.value)
    assert "2.weight (1, 4) in the checkpoint, (1, 3) in the model" in str(error.value)
    assert all(torch.equal(before[name], t) for name, t in target.state_dict().items())


def test_what_is_allowed_may_differ():
    weights = dict(model().state_dict())
    weights["head.bias"] = weights.pop("2.bias")
    allowed = {"allow_missing": ("2.",), "allow_left_over": ("head.",)}
    report = load_model_weights(model(), weights, **allowed)
    assert [*report.missing, *report.left_over] == ["2.bias", "head.bias"]
    # A prefix does not excuse a tensor of another shape.
    with pytest.raises(ValueError, match=r"of another shape \(1\): 2\.weight"):
        load_model_weights(model(), {**weights, "2.weight": torch.zeros(9)}, **allowed)


def test_long_lists_are_shortened():
    wide = nn.ModuleList(nn.Linear(1, 1) for _ in range(10))
    with pytest.raises(ValueError, match=r"missing .*\(20\): .* and 15 more"):
        load_model_weights(wide, {})


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"\x80cut", "is truncated or damaged"), (b"P" * 100, "is refused"), (b"", "truncated")],
)
def test_foreign_bytes_end_in_one_message(content: bytes, told: str, tmp_path: Path):
    (tmp_path / "foreign.pth").write_bytes(content)
    with pytest.raises(ValueError, match=rf"foreign\.pth {told}|foreign\.pth is {told}"):
        load_checkpoint(tmp_path / "foreign.pth")
