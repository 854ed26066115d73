"""The command line of a push: what it says, and that it sends only when asked to."""

import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from iclip.checkpoints import load_checkpoint
from iclip.checkpoints.model_files import read_model_file
from iclip.commands import push
from iclip.commands.command_line import main
from iclip.files.checksum import file_sha256
from tests.support.hub_server import Hub
from tests.support.pushable_models import write_classifier
from tests.support.toy_model_files import write_toy_model


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    (tmp_path / "w").mkdir()
    write_classifier(tmp_path / "w/best.pth")
    return tmp_path / "w"


def test_push_says_what_was_sent_and_how_to_load_it(hub: Hub, run_folder: Path, capsys):
    arguments = [str(run_folder), "org/classes", "--license", "mit", "--token-from-env"]
    assert main(push, arguments) == 0
    printed = capsys.readouterr().out
    assert "model.safetensors" in printed and "load with: hf-hub:org/classes" in printed
    assert "open_clip cannot load it: there is no text tower" in printed
    assert set(hub.repositories) == {"org/classes"}


def test_dry_run_and_folder_send_nothing(hub: Hub, run_folder: Path, tmp_path: Path, capsys):
    assert main(push, [str(run_folder), "org/classes", "--dry-run"]) == 0
    assert main(push, [str(run_folder), "--folder-only", str(tmp_path / "out")]) == 0
    assert "nothing was sent to org/classes" in capsys.readouterr().out
    assert (tmp_path / "out/README.md").is_file() and not hub.repositories


def test_written_folder_is_sent_as_it_is(hub: Hub, run_folder: Path, tmp_path: Path, capsys):
    out = tmp_path / "my folder"
    assert main(push, [str(run_folder), "org/classes", "--folder-only", str(out)]) == 0
    card = (out / "README.md").read_text() + "\nA sentence of mine.\n"
    (out / "README.md").write_text(card)
    assert main(push, [str(out), "org/classes", "--about", "x"]) == 2
    assert "leave out --about, and edit its README.md" in capsys.readouterr().err
    assert main(push, [str(out), "org/classes"]) == 0
    assert hub.repositories["org/classes"].at("main")[1]["README.md"].decode() == card
    (out / "README.md").write_text("see /srv/data/pairs")
    assert main(push, [str(out), "org/classes"]) == 2
    assert "README.md would tell everybody of '/srv/data/pairs'" in capsys.readouterr().err
    (out / "model.safetensors").write_bytes(b"other")
    assert main(push, [str(out), "org/classes"]) == 2
    assert "model.safetensors does not have the SHA-256" in capsys.readouterr().err


def test_training_checkpoint_has_the_names_of_its_data(tmp_path: Path, capsys):
    (tmp_path / "labels.txt").write_text("".join(f"motion {number}\n" for number in range(8)))
    file = write_toy_model(
        "k400_video_swin", tmp_path / "best.pth",
        test_dataloader__dataset__ann_file=str(tmp_path / "val.txt"),
    )  # fmt: skip
    content = load_checkpoint(file)
    # As a training writes it, whose data set names a vocabulary of its own.
    text = Config(content["meta"]["config"]).pretty_text
    text = text.replace("ann_file='val.txt'", f"ann_file='{tmp_path / 'val.txt'}'")
    meta = {"cfg": text, "dataset_meta": {"classes": ("aerosol_can", "airplane")}}
    torch.save({"state_dict": content["state_dict"], "meta": meta}, tmp_path / "latest.pth")
    out = tmp_path / "out"
    assert main(push, [str(tmp_path / "latest.pth"), "--folder-only", str(out)]) == 0
    assert read_model_file(out).classes == tuple(f"motion {number}" for number in range(8))
    assert "aerosol_can" not in (out / "README.md").read_text()
    (tmp_path / "labels.txt").unlink()
    assert main(push, [str(tmp_path / "latest.pth"), "--folder-only", str(tmp_path / "b")]) == 0
    assert "the 8 classes have no names: the files of the data" in capsys.readouterr().out


def test_card_has_the_figures_of_a_report(run_folder: Path, tmp_path: Path, capsys):
    score = {
        "metric": "top1", "value": 50.0, "source": "tools/test.py", "counted_in_words": "4 of 4",
        "checkpoint": file_sha256(run_folder / "best.pth"),
    }  # fmt: skip
    other = {**score, "checkpoint": "other"}
    report = {"runs": [{"scores": [score, other], "data": []}]}
    (tmp_path / "report.json").write_text(json.dumps(report))
    arguments = [str(run_folder), "--folder-only", str(tmp_path / "out")]
    assert main(push, [*arguments, "--report", str(tmp_path / "report.json")]) == 0
    printed = capsys.readouterr().out
    assert "1 figure" in printed
    assert "not in the card: tools/test.py measured another checkpoint" in printed
    assert "| top1 | 50.00 | 4 of 4 |" in (tmp_path / "out/README.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "give org/name, where the model goes, or --folder-only DIR"),
        (["classes"], "'classes' does not say whose model it is"),
        (["org/x", "--report", "REPORT"], "holds no 'runs': write it with iclip report"),
    ],
)
def test_mistakes_are_told_before_anything_is_sent(
    hub: Hub, run_folder: Path, tmp_path: Path, arguments: list[str], told: str, capsys
):
    (tmp_path / "r.json").write_text("[]")
    given = [str(tmp_path / "r.json") if word == "REPORT" else word for word in arguments]
    assert main(push, [str(run_folder), *given]) == 2
    assert told in capsys.readouterr().err and not hub.repositories
