"""What a fine-tuning is about to train, where nothing is written yet."""

from pathlib import Path

import pytest
import torch

from iclip.checkpoints.model_files import write_model_file
from iclip.commands.planned_finetuning import (
    PlannedFinetuning,
    plan_finetuning,
    read_planned,
    recognized_data,
)
from iclip.finetune.asked import Asked
from iclip.models import SwinBackbone
from iclip.planning.downstream import built_without_values
from tests.support.own_choice import MICRO_ARCH
from tests.support.own_data_files import write_image


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Images in a folder per class."""
    for part, count in (("train", 3), ("val", 1)):
        for name in ("cat", "dog"):
            for number in range(count):
                write_image(tmp_path / "data" / part / name / f"{number}.png")
    return tmp_path / "data"


def planned(data: Path, checkpoint: Path, *options: str) -> PlannedFinetuning:
    return plan_finetuning(
        Asked(
            "classification", str(data), out=str(data.parent / "w"), device="cpu",
            checkpoint=str(checkpoint), cfg_options=options,
        )
    )  # fmt: skip


@pytest.fixture
def pretrained(tmp_path: Path) -> Path:
    weights = SwinBackbone(MICRO_ARCH, window_size=4, stem="conv").state_dict()
    torch.save({"state_dict": {f"backbone.{n}": t for n, t in weights.items()}},
               tmp_path / "latest.pth")  # fmt: skip
    return tmp_path / "latest.pth"


def test_heads_of_the_same_classes_are_taken_over_where_they_fit(
    data: Path, pretrained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    first = planned(data, pretrained)
    assert "load_from" not in first.config
    cfg = read_planned(first.config, Asked("classification", str(data)))
    model = built_without_values(cfg.model, cfg.default_scope).to_empty(device="cpu")
    weights, best = model.state_dict(), tmp_path / "best.pth"

    def write() -> None:
        write_model_file(best, weights, task="classification", classes=["dog", "cat"], config={})

    write()
    taken = planned(data, best)
    assert f'load_from = "{best}"' in taken.config
    assert taken.data.classes == ("dog", "cat")
    assert {Path(s.file).parent.name: s.label for s in taken.data.parts["train"]} == {
        "dog": 0, "cat": 1,
    }  # fmt: skip
    assert "backbone and heads, of the same 2 classes" in capsys.readouterr().out
    weights["another.weight"] = torch.ones(1)
    write()
    assert "load_from" not in planned(data, best).config
    told = "the heads are new, since the model differs in 1 tensor, such as another.weight"
    assert told in capsys.readouterr().out


def test_misspelt_setting_is_an_error(data: Path, pretrained: Path):
    with pytest.raises(ValueError, match="optim_wraper"):
        planned(data, pretrained, "optim_wraper.optimizer.lr=1")


def test_config_is_read_as_in_the_folder_that_is_not_there():
    cfg = read_planned("lr = 1e-3\n", Asked("video", "clips", out="absent/w"))
    assert (cfg.lr, cfg.filename) == (1e-3, "absent/w/config.py")


def test_classes_that_training_lacks_are_allowed_as_asked(data: Path):
    write_image(data / "val/cow/0.png")
    with pytest.raises(ValueError, match=r"\(cow\)"):
        recognized_data(Asked("classification", str(data)))
    allowed = recognized_data(Asked("classification", str(data), allow_unseen_classes=True))
    assert allowed.classes == ("cat", "cow", "dog")
