"""What is read of a model that is pushed, and what is refused."""

from pathlib import Path

import pytest
import torch

from iclip.hub.pushed_model import read_pushed_model
from iclip.tasks import CLASSIFICATION, PRE_TRAINING
from tests.hub.conftest import Written
from tests.support.pushable_models import write_classifier, write_two_towers


def test_of_the_run_only_what_describes_the_model_is_kept(towers: Written):
    assert towers.pushed.task == PRE_TRAINING
    assert set(towers.pushed.meta) == {
        "model",
        "image_size",
        "image_resize",
        "iter",
        "samples_seen",
    }
    assert towers.pushed.config["class_prompts"]["class_texts"] == "class_texts.jsonl"


def test_best_of_a_folder_goes_before_the_latest(tmp_path: Path):
    write_two_towers(tmp_path / "latest.pth")
    assert read_pushed_model(tmp_path).task == PRE_TRAINING
    write_classifier(tmp_path / "best.pth")
    found = read_pushed_model(tmp_path)
    assert found.task == CLASSIFICATION and found.config["num_classes"] == 3
    assert found.meta["config"]["load_from"] == "start.pth"


def test_folder_without_a_model_is_told(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"holds neither best\.pth nor latest\.pth"):
        read_pushed_model(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no\.pth does not exist"):
        read_pushed_model(tmp_path / "no.pth")


def test_weights_that_are_not_finite_are_refused(tmp_path: Path):
    file = tmp_path / "latest.pth"
    torch.save({"state_dict": {"a": torch.tensor([1.0, torch.nan])}, "meta": {}}, file)
    with pytest.raises(ValueError, match=r"latest\.pth holds weights that are not finite"):
        read_pushed_model(file)


def test_checkpoint_without_a_description_is_refused(tmp_path: Path):
    file = tmp_path / "latest.pth"
    torch.save({"state_dict": {"a": torch.ones(1)}, "meta": {}}, file)
    with pytest.raises(ValueError, match="does not say how its model was built"):
        read_pushed_model(file)


def test_damaged_file_is_refused(tmp_path: Path):
    file = tmp_path / "latest.pth"
    torch.save({"state_dict": {"a": torch.ones(1000)}, "meta": {}}, file)
    content = bytearray(file.read_bytes())
    content[content.find(torch.ones(2).numpy().tobytes()) + 8] ^= 1
    file.write_bytes(bytes(content))
    with pytest.raises(ValueError, match=r"latest\.pth is damaged.*Nothing was pushed"):
        read_pushed_model(file)
