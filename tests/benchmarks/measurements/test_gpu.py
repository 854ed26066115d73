"""The sub-command that measures on a GPU."""

import json
from pathlib import Path

import pytest
import torch

from iclip.commands import benchmark
from iclip.commands.command_line import main


def test_the_command_runs_a_part_in_a_process_of_its_own(tmp_path: Path, capfd):
    out = tmp_path / "gpu"
    given = ["--device", "cpu", "--tiny", "--minutes", "5", "--out", str(out)]
    assert main(benchmark, ["gpu", *given, "--parts", "attention", "--markdown"]) == 0
    lines = [json.loads(line) for line in (tmp_path / "gpu.jsonl").read_text().splitlines()]
    assert lines[0]["head"]["device"] == "cpu" and "torch" in lines[0]["head"]["versions"]
    assert lines[1] == {"begin": "attention"}
    assert len(lines) > 4 and not [line for line in lines if "error" in line]
    # What was recorded is the table that is printed.
    shown = capfd.readouterr().out.splitlines()
    assert "| part | what | figure | note |" in shown
    assert sum(line.startswith("| attention |") for line in shown) >= len(lines) - 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--parts", "speed"], r"--parts 'speed' is unknown; there are 'runs', 'attention'"),
        (["--minutes", "0"], r"--minutes 0: give a number above 0"),
        (["--device", "cuda"], r"--device cuda, and torch sees no GPU: tools/doctor.py says why"),
    ],
)
def test_a_wrong_option_is_one_message(
    options: list[str], message: str, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    given = ["gpu", "--device", "cpu", "--out", str(tmp_path / "gpu"), *options]
    assert main(benchmark, given) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
