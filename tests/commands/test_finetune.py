"""What a user of `iclip finetune` meets: from a folder to a model, or one clear message."""

import json
import os
import re
import shlex
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from iclip.checkpoints.model_files import read_model_file
from iclip.commands import finetune
from iclip.commands.command_line import EXIT_USER_ERROR, main
from iclip.models import SwinBackbone
from tests.support.forkserver import start_command
from tests.support.own_choice import MICRO_ARCH

COLORS = {"red": (220, 30, 30), "blue": (30, 30, 220)}


def draw_boxes(folder: Path, train: int = 8, val: int = 2, classes: Any = COLORS) -> Path:
    """A data set in COCO's form: colored boxes on gray, one per image."""
    chance, names = np.random.default_rng(0), list(classes)
    for part, count in (("train", train), ("val", val)):
        (folder / part).mkdir(parents=True)
        images, boxes = [], []
        for number in range(count):
            left, top = chance.integers(2, 30, 2).tolist()
            image = Image.new("RGB", (64, 48), (128, 128, 128))
            color = classes[names[number % len(names)]]
            ImageDraw.Draw(image).rectangle((left, top, left + 24, top + 14), fill=color)
            image.save(folder / part / f"{number}.png")
            images.append(dict(id=number, file_name=f"{number}.png", width=64, height=48))
            boxes.append(dict(id=number + 1, image_id=number, category_id=number % len(names) + 1,
                              bbox=[left, top, 24, 14], area=24 * 14, iscrowd=0))  # fmt: skip
        write_json(folder, part, images, boxes, names)
    return folder


def write_json(folder: Path, part: str, images: Any, boxes: Any, names: Any) -> None:
    content = dict(
        images=images, annotations=boxes,
        categories=[dict(id=i, name=name) for i, name in enumerate(names, start=1)],
    )  # fmt: skip
    (folder / "annotations").mkdir(exist_ok=True)
    (folder / "annotations" / f"instances_{part}.json").write_text(json.dumps(content))


def change_json(folder: Path, part: str, change: Any) -> None:
    file = folder / "annotations" / f"instances_{part}.json"
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A micro backbone as pre-training saves it."""
    weights = SwinBackbone(MICRO_ARCH, window_size=4, stem="conv").state_dict()
    file = tmp_path_factory.mktemp("micro") / "latest.pth"
    torch.save({"state_dict": {f"backbone.{n}": t for n, t in weights.items()}}, file)
    return file


class Run:
    """A fine-tuning that was killed after its first checkpoint, and then went on to its end."""

    def __init__(self, folder: Path, checkpoint: Path) -> None:
        self.data, self.out = draw_boxes(folder / "data"), folder / "w"
        self.arguments = [
            "detection", "--data", str(self.data), "--out", str(self.out), "--epochs", "2",
            "--checkpoint", str(checkpoint), "--device", "cpu", "--batch-size", "4",
        ]  # fmt: skip
        first = start_command("finetune", self.arguments, folder / "first.txt")
        end = time.monotonic() + 240
        while not (self.out / "epoch_1.pth").exists() and first.is_alive():
            assert time.monotonic() < end, (folder / "first.txt").read_text()
            time.sleep(0.02)
        first.kill()
        first.join()
        self.killed = (folder / "first.txt").read_text()
        assert first.exitcode == -signal.SIGKILL, self.killed
        self.config = (self.out / "config.py").read_text()
        second = start_command("finetune", [*self.arguments, "--resume"], folder / "second.txt")
        second.join(240)
        self.text = (folder / "second.txt").read_text()
        assert second.exitcode == 0, self.text


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Run:
    return Run(tmp_path_factory.mktemp("run"), checkpoint)


def test_data_and_choice_are_said_before_the_training(finished: Run):
    assert "COCO" in finished.killed and "red" in finished.killed
    row = next(line for line in finished.killed.splitlines() if line.startswith("--epochs"))
    assert row.split()[1:] == ["2", "as", "asked"]
    assert "what latest.pth holds" in finished.killed


def test_killed_run_goes_on_to_its_end(finished: Run):
    assert f"Continuing {finished.out}" in finished.text
    assert (finished.out / "epoch_2.pth").exists()
    assert not (finished.out / "being_prepared").exists()


def test_config_is_not_replaced(finished: Run):
    assert (finished.out / "config.py").read_text() == finished.config
    assert "iclip::downstream/own/micro/detection.py" in finished.config


def test_best_checkpoint_is_one_light_file_with_its_classes(finished: Run):
    best = read_model_file(finished.out / "best.pth")
    assert (best.task, list(best.classes)) == ("detection", ["red", "blue"])
    size, full = ((finished.out / n).stat().st_size for n in ("best.pth", "epoch_2.pth"))
    assert size < 0.5 * full  # AdamW's moments are twice the weights


def test_figures_come_with_each_class_and_the_report(finished: Run):
    lines = finished.text.splitlines()
    assert any(line.startswith("  coco/bbox_mAP ") for line in lines)
    assert any(line.startswith(("  red ", "  blue ")) for line in lines)
    assert (finished.out / "report.html").stat().st_size > 10_000


def test_pictures_were_drawn_while_it_trained(finished: Run):
    # The kill may have come before the first validation's.
    assert "epoch_2.jpg" in os.listdir(finished.out / "pictures")


def test_next_commands_are_sub_commands(finished: Run):
    lines = finished.text[finished.text.rindex("Next:") :].splitlines()[1:]
    assert [shlex.split(line)[:3] for line in lines] == [
        ["iclip", name, str(finished.out)] for name in ("predict", "evaluate", "report")
    ]


def message(capsys: pytest.CaptureFixture[str], *arguments: Any) -> str:
    """The message of a command that fails; it leaves no folder."""
    code = main(finetune, [str(argument) for argument in arguments])
    text = capsys.readouterr().err
    assert code == EXIT_USER_ERROR, text
    return text


def without_class_in_train(folder: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["annotations"] = [a for a in content["annotations"] if a["category_id"] == 1]

    change_json(folder, "train", change)


def as_yolo_too(folder: Path) -> None:
    (folder / "data.yaml").write_text("train: images/train\nval: images/val\nnames: [red, blue]\n")
    (folder / "images" / "train").mkdir(parents=True)


def outside(folder: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        for entry in content["annotations"]:
            entry["bbox"] = [500, 500, 20, 20]

    change_json(folder, "train", change)


def emptied(folder: Path) -> None:
    for part in ("train", "val"):
        for file in (folder / part).iterdir():
            file.unlink()
        (folder / part).rmdir()
    for file in (folder / "annotations").iterdir():
        file.unlink()


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (emptied, "is not recognized as a data set of detection"),
        (as_yolo_too, "--format"),
        (without_class_in_train, "val has 1 class that train lacks (blue)"),
        (outside, "boxes without a pixel in their image"),
    ],
)
def test_bad_data_are_one_message_and_leave_nothing(
    spoil: Any, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    data, out = draw_boxes(tmp_path / "data"), tmp_path / "w"
    spoil(data)
    assert expected in message(capsys, "detection", "--data", data, "--out", out)
    assert not out.exists()


def test_missing_data_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert "absent" in message(capsys, "video", "--data", tmp_path / "absent")


@pytest.mark.parametrize("option", [("--device", "cuda"), ("--gpus", "2")])
def test_gpu_that_is_not_there_is_an_error(
    option: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    out = tmp_path / "w"
    data = draw_boxes(tmp_path / "data", 4, 2)
    text = message(capsys, "detection", "--data", data, "--out", out, *option)
    assert "asked for, 0 here" in text and "--device cpu" in text
    assert not out.exists()


def test_checkpoint_of_another_task_is_an_error(
    tmp_path: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
):
    content = torch.load(checkpoint)
    content["state_dict"]["decode_head.x"] = torch.ones(1)
    torch.save(content, tmp_path / "masks.pth")
    data, out = draw_boxes(tmp_path / "data", 4, 2), tmp_path / "w"
    text = message(capsys, "detection", "--data", data, "--out", out, "--device", "cpu",
                   "--checkpoint", tmp_path / "masks.pth")  # fmt: skip
    assert "was fine-tuned for segmentation, not detection" in text
    assert not out.exists()


def test_setting_that_does_not_exist_leaves_nothing(
    tmp_path: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
):
    data, out = draw_boxes(tmp_path / "data", 4, 2), tmp_path / "w"
    text = message(capsys, "detection", "--data", data, "--out", out, "--device", "cpu",
                   "--checkpoint", checkpoint,
                   "--cfg-options", "optim_wraper.optimizer.lr=1")  # fmt: skip
    assert "optim_wraper" in text
    assert not out.exists()


def test_existing_folder_is_refused_before_the_data_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "notes.txt").touch()
    text = message(capsys, "detection", "--data", tmp_path / "absent", "--out", tmp_path)
    assert "already exists" in text and "--resume" in text


def test_resumed_run_does_not_take_other_settings(
    finished: Run, capsys: pytest.CaptureFixture[str]
):
    text = message(capsys, "detection", "--data", finished.data, "--out", finished.out,
                   "--resume", "--epochs", "9")  # fmt: skip
    assert re.search("--epochs 9, but the run began with --epochs 2", text)


def test_dry_run_says_all_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    data = draw_boxes(tmp_path / "data", 4, 2, {"red": (9, 9, 9)})  # one class
    monkeypatch.chdir(tmp_path)
    assert main(finetune, ["detection", "--data", str(data), "--device", "cpu", "--dry-run"]) == 0
    text = capsys.readouterr().out
    assert 'classes = ("red",)' in text and "WARNING" in text  # random weights
    assert os.listdir(tmp_path) == ["data"]


def test_single_image_cannot_be_divided(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    data = draw_boxes(tmp_path / "data", 1, 0)
    text = message(capsys, "detection", "--data", data, "--out", tmp_path / "w")
    assert "has no part for validation" in text and "add images" in text
