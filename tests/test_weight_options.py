"""Every option that names weights takes a model of a hub, or says why it cannot."""

import argparse
import json
import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from PIL import Image

from iclip.commands.catalog import COMMANDS
from iclip.commands.command_line import main
from iclip.shipped_configs import shipped_config
from tests.support.classifier_by_words import write_classifier_by_words
from tests.support.hub_server import Hub

ABSENT = "hf-hub:org/absent"
VIDEO = str(shipped_config("downstream/toy/k400_video_swin.py"))

# Command and option, with a command line in which it names a model that the hub does not have.
TAKES = {
    ("checkpoint", "paths"): [ABSENT],
    ("compare_classifiers", "checkpoint"): [ABSENT, "--out", "OUT"],
    ("embed", "model"): [ABSENT, "IMAGES", "--out", "OUT/e.npz", "--cache", "OUT"],
    ("evaluate", "model"): [ABSENT, "--data", "IMAGES"],
    ("export", "checkpoint"): [ABSENT, "--layout", "iclip", "--out", "OUT/e.pth"],
    ("finetune", "checkpoint"): [
        "classification", "--data", "IMAGES", "--checkpoint", ABSENT, "--out", "OUT",
    ],
    ("interpolate", "first"): [ABSENT, "BEST", "--out", "OUT/i.pth"],
    ("interpolate", "second"): ["BEST", ABSENT, "--out", "OUT/i.pth"],
    ("interpolate", "checkpoint"): [
        VIDEO, "BEST", "--checkpoint", ABSENT, "--out", "OUT/i.pth",
    ],
    ("predict", "model"): [ABSENT, "IMAGES", "--out", "OUT"],
    ("predict", "inputs"): [VIDEO, ABSENT, "IMAGES", "--out", "OUT"],
    ("predict", "text_tower"): [
        "BEST", "IMAGES", "--out", "OUT", "--classes", "fox", "--text-tower", ABSENT,
    ],
    ("probe", "model"): [ABSENT, "--train", "IMAGES", "--test", "IMAGES", "--cache", "OUT"],
    ("retrieval", "model"): [ABSENT, "--dataset", "toy", "--data-root", "ROOT", "--cache", "OUT"],
    ("run_transfers", "checkpoint"): [ABSENT, "--out", "OUT"],
    ("segment", "model"): [ABSENT, "IMAGES", "--words", "fox", "--out", "OUT"],
    ("test", "checkpoint"): [VIDEO, ABSENT],
    ("train", "checkpoint"): [VIDEO, "--checkpoint", ABSENT, "--work-dir", "OUT"],
    ("words", "model"): [ABSENT, "fox, hare", "--out", "OUT/w.safetensors"],
    ("zeroshot", "model"): [
        ABSENT, "--folder", "IMAGES", "--class-texts", "TEXTS", "--cache", "OUT",
    ],
}  # fmt: skip
# The page loads by `load_model`, behind a check for gradio, and embeds words by the code of
# `predict`; `pretrain` has the options of `train`; tests/engine/start/test_resume_point.py refuses
# to go on from a hub.
ELSEWHERE = {
    ("demo", "model"), ("demo", "text_tower"), ("pretrain", "checkpoint"), ("pretrain", "resume"),
    ("train", "resume"), ("push", "model"),
}  # fmt: skip


NAMES = {
    *("W", "CKPT", "MODEL", "A", "B"), *("model", "checkpoint", "text_tower", "resume", "paths"),
}  # fmt: skip


def weight_options() -> Iterator[tuple[str, str]]:
    """Yield the commands and options that name weights, by what their help calls them."""
    for command in COMMANDS.values():
        parser = argparse.ArgumentParser()
        import_module(f"iclip.commands.{command.module}").add_arguments(parser)
        for action in parser._actions:
            is_flag_or_name = action.nargs == 0 or action.choices is not None
            if (
                not is_flag_or_name
                and action.dest != "out"
                and {action.metavar, action.dest} & NAMES
            ):
                yield command.module, action.dest
        # A checkpoint is one of several arguments.
        if command.name == "predict":
            yield "predict", "inputs"


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Images in a folder per class with a table of their texts, and a classifier by words."""
    folder = tmp_path_factory.mktemp("places")
    for name in ("cat", "dog"):
        for number in range(4):
            (folder / "images" / name).mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (48, 40), (60 * number, 9, 9)).save(
                folder / f"images/{name}/{number}.png"
            )
    (folder / "texts.jsonl").write_text(
        "".join(f'{{"id": "{name}", "names": ["{name}"]}}\n' for name in ("cat", "dog"))
    )
    captions = {"filename": "0.png", "split": "test", "sentences": [{"raw": "a cat"}]}
    (folder / "toy/retrieval").mkdir(parents=True)
    shutil.copytree(folder / "images/cat", folder / "toy/retrieval/images")
    (folder / "toy/retrieval/karpathy.json").write_text(json.dumps({"images": [captions]}))
    return {
        "ROOT": str(folder),
        "IMAGES": str(folder / "images"),
        "TEXTS": str(folder / "texts.jsonl"),
        "BEST": str(write_classifier_by_words(folder / "best.pth")),
    }


@pytest.mark.parametrize(("command", "option"), TAKES)
def test_hub_is_asked(
    hub: Hub, places: dict[str, str], tmp_path: Path, capsys, command: str, option: str
):
    out = str(tmp_path / "out")
    given = [places.get(word, word.replace("OUT", out)) for word in TAKES[command, option]]
    assert main(import_module(f"iclip.commands.{command}"), given) == 2
    told = capsys.readouterr().err
    assert "hf-hub:org/absent: http://127.0.0.1" in told and "has no such model" in told


def test_a_hubs_model_is_not_pushed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(import_module("iclip.commands.push"), [ABSENT, "org/other"]) == 2
    assert "hf-hub:org/absent is on a hub already" in capsys.readouterr().err


def test_no_option_is_forgotten():
    assert set(weight_options()) == {*TAKES, *ELSEWHERE}
