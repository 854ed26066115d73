"""tools/replay.py prints a kept step tensor by tensor, and names the first module at fault."""

from pathlib import Path

import pytest

from iclip.commands import replay
from iclip.commands.command_line import main
from iclip.engine.guard.kept_steps import read_kept_step, write_kept_step
from tests.support.planted_fault import keep_planted_step, planted_batch


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return keep_planted_step(tmp_path, "output")


def test_module_at_fault_is_named_behind_its_tensors(
    file: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(replay, [str(file), "--device", "cpu"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Step 2, rank 0 of 1, left out because loss_cls is nan; loss_con is nan" in lines
    assert any(line.startswith("Losses then: loss_cls nan, loss_con nan; now: ") for line in lines)
    first = next(line for line in lines if line.startswith("*"))
    assert first.split()[:6] == ["*", "output", "of", "backbone.middle.planted", "4x6", "float32"]
    assert first.endswith("100.00% not finite")
    before = lines[lines.index(first) - 1]
    assert before.startswith("  output of backbone.first ")
    assert "  ... and " in lines[lines.index(first) + 4]
    assert lines[-1] == "The first module whose output is not finite: backbone.middle.planted"


def test_all_tensors_are_printed_on_demand(file: Path, capsys: pytest.CaptureFixture[str]):
    assert main(replay, [str(file), "--device", "cpu", "--all"]) == 0
    printed = capsys.readouterr().out
    assert " more (--all)" not in printed
    assert "output of text_projection" in printed
    assert "gradient of text_projection.weight" in printed


def test_fault_that_does_not_come_again_fails(file: Path, capsys: pytest.CaptureFixture[str]):
    step = read_kept_step(file)
    step.update(batches=[planted_batch(False)], world_size=2)
    write_kept_step(file.parent.parent, step)
    assert main(replay, [str(file), "--device", "cpu"]) == 1
    expected = "every value is finite (of 2 ranks, 1 took part; give the files of all)"
    assert expected in capsys.readouterr().err


def test_other_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "notes.txt").write_text("text")
    assert main(replay, [str(tmp_path / "notes.txt"), "--device", "cpu"]) == 2
    assert main(replay, [str(tmp_path / "absent.pth"), "--device", "cpu"]) == 2
    error = capsys.readouterr().err
    assert "notes.txt is truncated or damaged" in error
    assert "absent.pth does not exist" in error
