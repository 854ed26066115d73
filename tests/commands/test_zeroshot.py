"""What tools/zeroshot.py prints, and what its result file records."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from iclip.commands import zeroshot
from iclip.commands.command_line import main
from tests.support.tool_results import SHARED_KEYS, read_result
from tests.zeroshot import kornblith_files


@pytest.fixture
def own(photos: Path, table: Path) -> list[str]:
    return ["--folder", str(photos), "--class-texts", str(table)]


def names_of(per_class: dict[str, Any]) -> list[str]:
    return [entry["name"] for entry in per_class["classes"]]


def test_own_set_is_recorded(micro: Path, own, options, table: Path, tmp_path: Path, capsys):
    assert main(zeroshot, [str(micro), *own, *options]) == 0
    printed = capsys.readouterr().out
    assert "short side 32 pixels (bicubic), center of 32, fp32 on cpu" in printed
    assert "15 of 15 images         3 of 3 classes" in printed
    content = read_result(tmp_path)
    (found,) = content["results"].values()
    assert content["kind"] == "zero-shot"
    assert found.keys() > SHARED_KEYS
    assert (found["protocol"], found["deviations"], found["split"]) == (None, [], "all images")
    assert (found["variant"], found["templates"]) == ("name_description", ["a photo of a {}."])
    assert found["descriptions"] == str(table)
    assert content["metrics"] == {"photos/top1": found["value"]}
    per_class = found["per_class"]
    assert names_of(per_class) == ["crane", "tench", "lemon"]
    counts = per_class["confusion"], [per_class.get("undecided", [])]
    assert sum(sum(row) for rows in counts for row in rows) == 15
    assert sum(entry["count"] for entry in per_class["classes"]) == 15


def test_checkpoint_and_settings_are_recorded(micro: Path, own, options, tmp_path: Path):
    line = [str(micro), *own, *options, "--precision", "bf16", "--image-size", "48"]
    assert main(zeroshot, [*line, "--resize", "56"]) == 0
    settings = read_result(tmp_path)["settings"]
    assert settings["checkpoint"] == hashlib.sha256(micro.read_bytes()).hexdigest()
    expected = {"precision": "bf16", "device": "cpu", "image_size": 48, "resize": 56,
                "features": "projection", "method": "ICLIP"}  # fmt: skip
    assert {key: settings[key] for key in expected} == expected


def test_broken_and_missing_and_other_files_are_recorded(
    tiny_name: str, photos: Path, own, options, tmp_path: Path, capsys
):
    (photos / "n1/0.png").write_bytes(b"no picture")
    (photos / "n1/note.txt").write_text("x")
    assert main(zeroshot, [tiny_name, *own, *options]) == 0
    printed = capsys.readouterr().out
    assert "photos: files that are not images: 1 .txt" in printed
    assert "14 of 15 images" in printed
    assert "1 of 15 images could not be read: n1/0.png (" in printed
    found = read_result(tmp_path)["results"]["photos"]
    assert (found["images"], found["expected"]) == (14, 15)
    assert found["unread"]["broken"]["count"] == 1
    assert found["left_out"].startswith("1 .txt")


def test_protocol_and_what_deviates_from_it_is_recorded(
    tiny_name: str, options, tmp_path: Path, capsys
):
    kornblith_files.dtd(tmp_path / "dtd")
    some = ["--suite", "kornblith12", "--datasets", "dtd,food101", "--data-root", str(tmp_path)]
    assert main(zeroshot, [tiny_name, *some, *options, "--template", "art of {}."]) == 0
    printed = capsys.readouterr().out
    assert "missing, left out of the average (1):" in printed
    assert "average  " not in printed
    assert "  deviates: 3 of 47 classes" in printed
    content = read_result(tmp_path)
    found = content["results"]["dtd"]
    assert found["protocol"] == "kornblith12/dtd"
    expected = ["4 of 1,880 images", "3 of 47 classes", "templates of --template: art of {}."]
    assert found["deviations"] == expected
    assert (found["classes"], found["expected_classes"]) == (3, 47)
    assert [line.partition(":")[0] for line in content["missing"]] == ["food101"]


def test_descriptions_are_matched_by_name_and_said(tiny_name: str, options, tmp_path: Path, capsys):
    kornblith_files.dtd(tmp_path / "dtd")
    lines = [{"id": name, "names": [name], "description": f"{name} surface"}
             for name in ("zigzagged", "banded", "polka dotted")]  # fmt: skip
    table = tmp_path / "texts.jsonl"
    table.write_text("".join(json.dumps(line) + "\n" for line in lines))
    some = ["--suite", "kornblith12", "--datasets", "dtd", "--data-root", str(tmp_path)]
    assert main(zeroshot, [tiny_name, *some, *options, "--descriptions", str(table)]) == 0
    assert f"dtd: texts of {table}: matched by name" in capsys.readouterr().out
    found = read_result(tmp_path)["results"]["dtd"]
    assert names_of(found["per_class"]) == ["banded", "polka dotted", "zigzagged"]
    assert f"texts of {table}" in found["deviations"]
    table.write_text(table.read_text().splitlines()[0])
    assert main(zeroshot, [tiny_name, *some, *options, "--descriptions", str(table)]) == 2
    assert f"{table} for dtd has 1 classes; the data set has 3" in capsys.readouterr().err


def test_average_names_the_sets_that_deviate(tiny_name: str, options, tmp_path: Path, capsys):
    kornblith_files.dtd(tmp_path / "dtd")
    kornblith_files.food101(tmp_path / "food101")
    some = ["--suite", "kornblith12", "--datasets", "dtd,food101", "--data-root", str(tmp_path)]
    assert main(zeroshot, [tiny_name, *some, *options]) == 0
    values = [found["value"] for found in read_result(tmp_path)["results"].values()]
    expected = f"{'average':<18}{sum(values) / 2:6.2f}  (deviating from the protocol: dtd, food101)"
    assert expected in capsys.readouterr().out


def test_set_without_a_readable_image_does_not_end_the_others(
    tiny_name: str, options, tmp_path: Path, capsys
):
    kornblith_files.dtd(tmp_path / "dtd")
    kornblith_files.food101(tmp_path / "food101")
    for file in (tmp_path / "food101").rglob("*.jpg"):
        file.unlink()
    some = ["--suite", "kornblith12", "--data-root", str(tmp_path), "--datasets"]
    assert main(zeroshot, [tiny_name, *some, "food101,dtd", *options]) == 0
    content = read_result(tmp_path)
    assert list(content["results"]) == ["dtd"]
    (line,) = content["missing"]
    assert line.startswith("food101: none of 4 images could be read: food-101/images/")
    assert line in capsys.readouterr().out
    assert main(zeroshot, [tiny_name, *some, "food101", *options]) == 2
    assert f"none of the data sets could be read:\n  {line}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["--folder", "photos"], "--folder needs --class-texts"),
        (["--suite", "kornblith12", "--data-root", "none"], "none of the data sets is there"),
        (["--suite", "kornblith"], "--suite kornblith is unknown; there are kornblith12"),
    ],
)
def test_what_cannot_be_evaluated_is_said(tiny_name: str, line, told: str, capsys):
    assert main(zeroshot, [tiny_name, *line]) == 2
    assert told in capsys.readouterr().err


def test_folder_of_an_earlier_version_is_told(tiny_name: str, own, options, tmp_path, capsys):
    (tmp_path / "c/0a").mkdir(parents=True)
    torch.save(0, tmp_path / "c/0a/labels.npy")
    assert main(zeroshot, [tiny_name, *own, *options]) == 0
    assert "1 of its folders are of an earlier version" in capsys.readouterr().out
