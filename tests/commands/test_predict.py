"""The command that predicts: what it says, and its exit codes."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

from iclip.commands import predict
from iclip.commands.command_line import main
from iclip.finetune.asked import Asked
from iclip.words import write_class_embeddings
from tests.support.classifier_by_words import write_classifier_by_words
from tests.support.default_scope import scope_is_restored  # noqa: F401  (a fixture)
from tests.support.random_weights import save_random_weights
from tests.support.stub_predictor import write_blank_image
from tests.support.text_classes import random_embeddings
from tests.support.toy_model_files import write_toy_model

CONFIG = "downstream/toy/lvis_frcnn_scratch.py"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_blank_image(tmp_path / "in/a.png", 64, 96)
    write_blank_image(tmp_path / "in/b.png", 64, 96)
    return tmp_path / "in"


@pytest.fixture
def command_line(folder: Path, tmp_path: Path) -> list[str]:
    checkpoint = save_random_weights(Config.fromfile(CONFIG), tmp_path / "det.pth")
    return [CONFIG, str(checkpoint), str(folder), "--out", str(tmp_path / "out"), "--device", "cpu"]


def test_number_of_files_and_the_folder_of_the_pictures_are_said(
    command_line: list[str], folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture
):
    (folder / "b.png").unlink()
    assert main(predict, command_line) == 0
    told = capsys.readouterr().out
    assert told.startswith("1 file\n")
    assert f"1 picture: {tmp_path / 'out'}\n" in told


@pytest.mark.parametrize(
    ("position", "argument", "told"),
    [
        (0, "absent.py", "config absent.py does not exist"),
        (1, "absent.pth", "absent.pth does not exist"),
    ],
)
def test_missing_file_is_named(
    position: int, argument: str, told: str, folder: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture,
):  # fmt: skip
    arguments = [CONFIG, "absent.pth", str(folder), "--out", str(tmp_path / "out")]
    arguments[position] = argument
    assert main(predict, [*arguments, "--device", "cpu"]) == 2
    assert told in capsys.readouterr().err


def test_exit_code_says_that_files_failed(
    command_line: list[str], folder: Path, capsys: pytest.CaptureFixture
):
    (folder / "c.jpg").write_bytes(b"")
    assert main(predict, command_line) == 2
    told = capsys.readouterr()
    assert "2 pictures: " in told.out
    assert "2 of 2 pictures without a box: none has a score of 0.3 (--score-threshold)" in told.out
    assert (
        f"1 of 3 files failed: {folder / 'c.jpg'} (not an image (0 bytes, starting with b''))"
        in told.err
    )


def test_second_command_continues_with_the_same_settings_only(
    command_line: list[str], capsys: pytest.CaptureFixture
):
    assert main(predict, command_line) == 0
    assert main(predict, command_line) == 0
    assert "2 of the files were done before" in capsys.readouterr().out
    assert main(predict, [*command_line, "--score-threshold", "0.5"]) == 2
    assert "score_threshold 0.3, now 0.5" in capsys.readouterr().err


def test_interrupted_command_says_how_to_go_on(
    command_line: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    def interrupted(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("iclip.predict.predict_files.predict_files", interrupted)
    assert main(predict, command_line) == 130
    assert "what is complete (predictions.jsonl). The same command does" in capsys.readouterr().err


def test_interval_must_be_positive(command_line: list[str], capsys: pytest.CaptureFixture):
    assert main(predict, [*command_line, "--every", "0"]) == 2
    assert "--every 0.0: give seconds above 0" in capsys.readouterr().err


@pytest.fixture(scope="module")
def fine_tuned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a fine-tuned detector."""
    return write_toy_model("lvis_frcnn", tmp_path_factory.mktemp("W") / "best.pth").parent


@pytest.mark.parametrize("name", ["", "best.pth"])
def test_fine_tuned_model_needs_no_config(
    name: str, fine_tuned: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    arguments = [str(fine_tuned / name), str(folder), "--device", "cpu", "--score-threshold", "0"]
    assert main(predict, arguments) == 0
    records = json.loads((tmp_path / "predictions/predictions.json").read_text())
    assert {*records} == {"a.jpg", "b.jpg"}
    assert records["a.jpg"]["labels"][0].startswith("thing ")


def test_formats_hold_what_an_interrupted_command_has_found(
    fine_tuned: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture
):
    out = tmp_path / "out"
    arguments = [str(fine_tuned), str(folder), "--out", str(out), "--device", "cpu"]
    arguments += ["--score-threshold", "0"]
    assert main(predict, [*arguments, "--limit", "1"]) == 0
    assert (
        main(predict, [*arguments, "--format", "pictures,coco,yolo,labelstudio,fiftyone,csv"]) == 0
    )
    told = capsys.readouterr().out
    for name in ("coco.json", "yolo", "labelstudio.json", "fiftyone", "predictions.csv"):
        assert f"2 predictions: {out / name}\n" in told
    records = json.loads((out / "predictions.json").read_text())
    coco = json.loads((out / "coco.json").read_text())
    assert [image["file_name"] for image in coco["images"]] == [
        str((folder / name).resolve()) for name in ("a.png", "b.png")
    ]
    assert len(coco["annotations"]) == sum(len(record["boxes"]) for record in records.values())
    first = records["a.jpg"]["boxes"][0]
    x, y, width, height = coco["annotations"][0]["bbox"]
    assert [x, y, x + width, y + height] == pytest.approx(first, abs=0.02)
    with (out / "predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(coco["annotations"])
    assert sorted(path.name for path in (out / "yolo/images").iterdir()) == ["a.png", "b.png"]
    assert len(json.loads((out / "labelstudio.json").read_text())) == 2


def test_formats_follow_a_file_that_changed(fine_tuned: Path, folder: Path, tmp_path: Path):
    arguments = [str(fine_tuned), str(folder), "--out", str(tmp_path / "out"), "--device", "cpu"]
    assert main(predict, arguments) == 0
    write_blank_image(folder / "a.png", 32, 48)
    assert main(predict, [*arguments, "--format", "coco"]) == 0
    images = json.loads((tmp_path / "out/coco.json").read_text())["images"]
    assert sorted((image["width"], image["height"]) for image in images) == [(48, 32), (96, 64)]


@pytest.mark.parametrize(
    ("added", "told"),
    [
        (["--format", "voc"], "--format voc: 'voc' is not one of pictures, coco, yolo"),
        (["--cfg-options", "a=1"], "--cfg-options changes a config, and"),
    ],
)
def test_options_that_do_not_fit_are_named(
    added: list[str], told: str, fine_tuned: Path, folder: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture,
):  # fmt: skip
    arguments = [str(fine_tuned), str(folder), "--out", str(tmp_path / "out"), "--device", "cpu"]
    assert main(predict, [*arguments, *added]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_missing_input_is_named(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    assert main(predict, [CONFIG, "det.pth", "--out", str(tmp_path / "out")]) == 2
    assert f"after CONFIG {CONFIG} come CHECKPOINT and INPUT" in capsys.readouterr().err


def test_other_model_in_the_same_folder_is_refused(
    fine_tuned: Path, command_line: list[str], folder: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture,
):  # fmt: skip
    arguments = [str(fine_tuned), str(folder), "--out", str(tmp_path / "out"), "--device", "cpu"]
    assert main(predict, arguments) == 0
    assert main(predict, command_line) == 2
    assert "holds predictions with other settings" in capsys.readouterr().err


def test_other_classes_are_predicted_and_said(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture
):
    model = write_classifier_by_words(tmp_path / "run/best.pth")
    words, out = tmp_path / "words.safetensors", tmp_path / "out"
    write_class_embeddings(words, random_embeddings(["fox", "school bus"], dims=8, seed=1))
    line = [str(model), str(folder), "--out", str(out), "--device", "cpu", "--format", "csv"]
    assert main(predict, [*line, "--classes", str(words)]) == 0
    assert "2 classes of --classes: fox, school bus\n" in capsys.readouterr().out
    rows = list(csv.DictReader((out / "predictions.csv").open()))
    assert {row["class"] for row in rows} == {"fox", "school bus"}
    # The same folder is not for other classes, not even of the same names.
    write_class_embeddings(words, random_embeddings(["fox", "school bus"], dims=8, seed=2))
    assert main(predict, [*line, "--classes", str(words)]) == 2
    assert "class_embeds_sha256" in capsys.readouterr().err


def test_words_are_embedded_by_what_the_fine_tuning_began_with(
    folder: Path, tmp_path: Path, micro: Path, capsys: pytest.CaptureFixture
):
    model = write_classifier_by_words(tmp_path / "run/best.pth")
    line = [str(model), str(folder), "--out", str(tmp_path / "out"), "--device", "cpu"]
    assert main(predict, [*line, "--classes", "fox, bus"]) == 2
    assert "Name its checkpoint with --text-tower" in capsys.readouterr().err
    Asked("classification", "pets", checkpoint=str(micro)).save(model.parent)
    assert main(predict, [*line, "--classes", "fox, bus"]) == 2
    # It was asked: its joint space is another one.
    assert "embedded by latest.pth have 16 dimensions" in capsys.readouterr().err
