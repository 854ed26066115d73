"""Checkpoints are verified, listed and compared; a damaged one is exit code 1."""

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from iclip.commands import checkpoint
from iclip.commands.command_line import main


def weights(value: float = 1.0) -> dict[str, torch.Tensor]:
    return {"a.weight": torch.full((3, 2), value), "a.bias": torch.zeros(3)}


def save(file: Path, iteration: int, state: Any = None, **meta: Any) -> Path:
    """Write a checkpoint of the hub's, by time in the order of iterations."""
    told = {
        "iter": iteration,
        "epoch": 0,
        "finite": True,
        "losses": {"loss": 0.5, "loss_cls": 0.125},
        "experiment_name": "iclip_swinb_20260102_030405",
        "cfg": f"lr = 0.1\nmax_iters = {iteration}\n",
        "iclip_version": "0.1.0",
        "versions": {"torch": "2.14.1"},
        **meta,
    }
    torch.save({"state_dict": weights() if state is None else state, "meta": told}, file)
    os.utime(file, (iteration, iteration))
    return file


@pytest.fixture
def run(tmp_path: Path) -> Path:
    save(tmp_path / "iter_900.pth", 900)
    save(tmp_path / "iter_1000.pth", 1000, losses={"loss": 0.25})
    (tmp_path / "latest.pth").symlink_to("iter_1000.pth")
    (tmp_path / "provenance.json").touch()
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[str], str]:
    """Exit code, printed lines, and what was said on stderr."""
    code = main(checkpoint, list(map(str, arguments)))
    out, err = capsys.readouterr()
    return code, out.splitlines(), err


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[content.index(torch.full((3, 2), 1.0).numpy().tobytes())] ^= 1
    status = file.stat()
    file.write_bytes(content)
    os.utime(file, (status.st_atime, status.st_mtime))


def test_folder_is_listed_oldest_first(run: Path, capsys: pytest.CaptureFixture[str]):
    code, lines, _ = told(capsys, run)
    assert code == 0
    assert lines[0].split() == [
        "file",
        "iteration",
        "loss",
        "finite",
        "whole",
        "size",
        "written",
        "(UTC)",
    ]
    assert lines[1].split()[:5] == ["iter_900.pth", "900", "0.5", "yes", "yes"]
    assert lines[2].split()[:5] == ["iter_1000.pth", "1,000", "0.25", "yes", "yes"]
    assert lines[2].endswith("1970-01-01 00:16:40")
    assert lines[3] == "--resume takes iter_1000.pth"


def test_damaged_file_is_named_with_exit_code_1(run: Path, capsys: pytest.CaptureFixture[str]):
    flip(run / "iter_1000.pth")
    code, lines, err = told(capsys, run)
    assert code == 1
    assert "NO: the checksum of iter_1000/data/0 is wrong" in lines[2]
    assert lines[3] == "--resume takes iter_900.pth"
    assert f"damaged, of 2: {run}/iter_1000.pth" in err


def test_weights_that_are_not_finite_are_no_damage(run: Path, capsys: pytest.CaptureFixture[str]):
    save(run / "iter_1100.pth", 1100, finite=False)
    (run / "latest.pth").unlink()
    code, lines, _ = told(capsys, run)
    assert code == 0
    assert lines[3].split()[3:5] == ["NO", "yes"]
    assert lines[4] == "--resume takes iter_1000.pth"


def test_file_says_what_it_is(run: Path, capsys: pytest.CaptureFixture[str]):
    code, lines, _ = told(capsys, run / "latest.pth")
    assert code == 0
    entries = dict(line.split(maxsplit=1) for line in lines[1:])
    assert lines[0] == str(run / "latest.pth")
    assert entries["whole"] == "yes"
    assert entries["holds"] == "2 tensors with 9 numbers"
    assert entries["losses"] == "loss 0.25"
    assert entries["config"] == "iclip_swinb"
    assert entries["versions"] == "iclip 0.1.0, torch 2.14.1"


def test_old_file_is_looked_through_for_what_is_not_finite(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    torch.save({"state_dict": weights(float("nan")), "meta": {}}, tmp_path / "a.pth")
    _, lines, _ = told(capsys, tmp_path / "a.pth")
    assert "  finite     NO" in lines


def test_text_of_a_file_cannot_steer_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    odd = "\x1b[31m\ud800"
    first = save(tmp_path / "a.pth", 1, {odd: torch.ones(1)}, iclip_version=odd, cfg=odd)
    second = save(tmp_path / "b.pth", 2, {odd: torch.zeros(1)}, losses={odd: 1.0})
    for paths in ([first], [first, second], [tmp_path]):
        code, lines, _ = told(capsys, *paths)
        assert code == 0 and "\x1b" not in "".join(lines)


def write_pickle(file: Path) -> None:
    arrays = {name: tensor.numpy() for name, tensor in weights().items()}
    file.write_bytes(pickle.dumps({"model": arrays}, protocol=2))


@pytest.mark.parametrize(
    ("name", "write", "whole"),
    [
        ("timm.bin", lambda file: torch.save(weights(), file), "yes"),
        ("mae.pth", lambda file: torch.save({"model": weights(), "epoch": 3}, file), "yes"),
        ("a.safetensors", lambda file: save_file(weights(), file), "no checksums"),
        ("detectron2.pkl", write_pickle, "no checksums"),
        (
            "old.pt",
            lambda file: torch.save(weights(), file, _use_new_zipfile_serialization=False),
            "no checksums",
        ),
    ],
)
def test_files_of_other_libraries_are_read(
    name: str, write: Any, whole: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    write(tmp_path / name)
    code, lines, _ = told(capsys, tmp_path / name)
    assert code == 0
    assert lines[1] == f"  whole      {whole}"
    assert "  holds      2 tensors with 9 numbers" in lines
    os.truncate(tmp_path / name, (tmp_path / name).stat().st_size // 2)
    code, lines, _ = told(capsys, tmp_path / name)
    assert code == 1 and lines[1].startswith("  whole      NO: ")


def test_two_files_are_compared(run: Path, capsys: pytest.CaptureFixture[str]):
    state = {
        "a.weight": torch.tensor([[1.0, 1.0], [1.0, 1.5], [1.0, 1.25]]),
        "a.bias": torch.zeros(4),
        "b.weight": torch.ones(2),
    }
    other = save(run / "iter_1100.pth", 1100, {**state, "c": torch.ones(1)})
    before = save(
        run / "iter_1050.pth", 1050, {**weights(), "c": torch.ones(1), "d": torch.ones(5)}
    )
    code, lines, _ = told(capsys, before, other)
    assert code == 0
    start = lines.index("config: 2 other lines")
    assert lines[start + 1 : start + 4] == [
        "  -max_iters = 1050",
        "  +max_iters = 1100",
        "tensors: 1 equal, 1 changed, 1 of another shape, "
        "1 in the first only, 1 in the second only",
    ]
    assert "    d (5,)" in lines and "    b.weight (2,)" in lines
    assert "    a.bias (3,) before, (4,) after" in lines
    assert lines[-1] == "    0.5        a.weight"


def test_comparison_is_printed_as_json(run: Path, capsys: pytest.CaptureFixture[str]):
    zeros = {"a.weight": torch.full((3, 2), float("nan")), "a.bias": torch.ones(3)}
    other = save(run / "iter_1100.pth", 1100, zeros)
    _, lines, _ = told(capsys, run / "iter_1000.pth", other, "--json")
    page = json.loads("\n".join(lines), parse_constant=pytest.fail)
    assert page["tensors"]["changed"] == {"a.bias": "inf", "a.weight": "nan"}
    assert page["first"]["iteration"] == 1000


def test_list_is_printed_as_json(run: Path, capsys: pytest.CaptureFixture[str]):
    _, lines, _ = told(capsys, run, "--json")
    first, second = json.loads("\n".join(lines))
    assert (first["iteration"], first["finite"], first["damage"]) == (900, True, None)
    assert second["losses"] == {"loss": 0.25}


def test_damaged_file_is_not_compared(run: Path, capsys: pytest.CaptureFixture[str]):
    flip(run / "iter_900.pth")
    code, lines, err = told(capsys, run / "iter_900.pth", run / "iter_1000.pth")
    assert code == 1 and "iter_900.pth" in err
    assert not any(line.startswith("tensors:") for line in lines)


def test_whole_file_that_cannot_be_read_is_not_damaged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    torch.save({"call": os.system}, tmp_path / "a.pth")
    code, lines, _ = told(capsys, tmp_path / "a.pth")
    assert code == 0
    assert lines[1].startswith("  whole      yes, but not readable: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["absent.pth"], "checkpoint absent.pth does not exist"),
        (["empty"], "empty holds no file *.pth, *.pt, *.bin"),
        (["empty", "a"], "2 paths: name a file or folder to verify it, or two files to compare"),
        (["a", "b", "c"], "3 paths: name a file or folder"),
    ],
)
def test_mistakes_are_named(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    code, _, err = told(capsys, *arguments)
    assert code == 2 and said in err
