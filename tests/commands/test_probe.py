"""What tools/probe.py prints, and what its result file records."""

import json
from pathlib import Path

from iclip.commands import probe
from iclip.commands.command_line import main
from tests.support.tool_results import SHARED_KEYS, read_result


def test_probe_is_recorded(tiny_name: str, photos: Path, options, tmp_path: Path, capsys):
    line = [tiny_name, "--train", str(photos), "--test", str(photos), *options]
    assert main(probe, line) == 0
    printed = capsys.readouterr().out
    assert "features: pooled" in printed
    assert "left out: 8, 16 images per class. n1 has 5 images" in printed
    content = read_result(tmp_path)
    found = content["results"][str(photos)]
    assert found.keys() > SHARED_KEYS
    assert (content["kind"], content["settings"]["features"]) == ("probe", "pooled")
    assert content["metrics"][f"{photos}/linear_probe"] == found["probe"]["top1"] == found["value"]
    assert list(found["few_shot"]) == ["1", "2", "4"]


def test_metrics_are_the_probe_and_each_number_of_shots(
    tiny_name: str, photos: Path, tmp_path: Path, capsys
):
    arguments = [tiny_name, "--train", str(photos), "--test", str(photos), "--device", "cpu"]
    out = ["--cache", str(tmp_path / "c"), "--json", str(tmp_path / "probe.json")]
    assert main(probe, [*arguments, *out]) == 0
    assert "linear probe, 15 images of 3 classes: " in capsys.readouterr().out
    metrics = json.loads((tmp_path / "probe.json").read_text())["metrics"]
    names = ("linear_probe", "1_shots", "2_shots", "4_shots")
    assert list(metrics) == [f"{photos}/{name}" for name in names]


def test_folder_without_classes_is_an_error(tiny_name: str, photos: Path, tmp_path: Path, capsys):
    (tmp_path / "empty").mkdir()
    line = [tiny_name, "--train", str(tmp_path / "empty"), "--test", str(photos)]
    assert main(probe, [*line, "--device", "cpu"]) == 2
    assert "empty holds no folders of classes (0 entries)" in capsys.readouterr().err
