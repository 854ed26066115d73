import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from iclip.commands import make_toy_data
from iclip.commands.command_line import main, parse
from iclip.toy.world import WorldConfig


def test_every_knob_is_an_option_with_its_default() -> None:
    options = parse(make_toy_data, ["--root", "x"])
    assert {k.name: getattr(options, k.name) for k in fields(WorldConfig)} == {
        k.name: k.default for k in fields(WorldConfig)
    }


def test_options_reach_the_knobs() -> None:
    line = "--root x --size 40 --labelled-per-class 7 --noise 3 --pairs-without-new-combinations"
    options = parse(make_toy_data, line.split())
    assert (options.image_size, options.labelled_per_class, options.noise) == (40, 7, 3.0)
    assert options.pairs_without_new_combinations


def test_help_explains_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(make_toy_data, ["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    for knob in fields(WorldConfig):
        assert "--" + knob.name.replace("_", "-") in shown and knob.metadata["help"] in shown


def test_mistake_ends_with_its_message_and_status_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(make_toy_data, ["--root", str(tmp_path), "--pairs", "0"]) == 2
    assert capsys.readouterr().err.startswith(
        "\nERROR: --pairs 0 is not allowed: give a value at least 1\n"
    )


def test_script_draws_a_part_and_reports(tmp_path: Path, repo_root: Path) -> None:
    command = [sys.executable, "tools/make_toy_data.py", "--root", str(tmp_path / "toy")]
    command += ["--only", "pairs", "--pairs", "5", "--retrieval-images", "5", "--workers", "1"]
    run = subprocess.run(command, cwd=repo_root, capture_output=True, text=True, check=True)
    assert f"the toy world is in {tmp_path / 'toy'}" in run.stdout
    assert "5/5" in run.stderr
    assert (tmp_path / "toy" / "pairs" / "00000.tar").is_file()
