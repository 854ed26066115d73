"""Which backbone is trained: what --model names, or what --checkpoint holds."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from iclip.finetune.backbone import Backbone, choose_backbone, weights_in_words
from iclip.models import SwinBackbone
from iclip.models.swin.arch import SwinArch
from tests.support.own_choice import MICRO_ARCH

SMALL = dict(embed_dims=16, depths=(1, 1), num_heads=(1, 2))


def saved(folder: Path, others: tuple[str, ...] = (), **settings: Any) -> str:
    """A file with a backbone's weights under `backbone.`, and other tensors beside it."""
    weights = {f"backbone.{n}": t for n, t in SwinBackbone(**settings).state_dict().items()}
    torch.save({"state_dict": weights | dict.fromkeys(others, torch.ones(1))}, folder / "f.pth")
    return str(folder / "f.pth")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            dict(arch=MICRO_ARCH, window_size=4, stem="conv"),
            ("micro", 4, "conv", "Swin of 48 channels, blocks 2 + 2"),
        ),
        (
            dict(arch=SMALL, window_size=5, out_indices=(0, 1)),
            ("micro", 5, "patch", "Swin of 16 channels, blocks 1 + 1"),
        ),
    ],
)
def test_sizes_are_those_of_the_file(tmp_path: Path, settings: dict[str, Any], expected: tuple):
    file = saved(tmp_path, **settings)
    found = choose_backbone(None, file, "detection")
    assert (found.size, found.window_size, found.stem, found.label) == expected
    assert found.sizes == SwinArch.parse(settings["arch"])
    # What the config states builds, and takes the file completely.
    model = SwinBackbone(
        found.arch, window_size=found.window_size, stem=found.stem, checkpoint=found.checkpoint
        , out_indices=(0, 1)
    )  # fmt: skip
    model.init_weights()


def test_known_sizes_have_their_name(tmp_path: Path):
    with torch.device("cpu"):
        found = choose_backbone("swin_t", saved(tmp_path, arch="tiny"), "segmentation")
    assert (found.arch, found.label, found.why) == ("tiny", "swin_t", "what f.pth holds")


def test_part_of_a_file_is_kept_in_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    saved(tmp_path, arch=SMALL)
    monkeypatch.chdir(tmp_path)
    found = choose_backbone(None, "f.pth#state_dict.backbone", "detection")
    assert found.checkpoint == f"{tmp_path}/f.pth#state_dict.backbone"


@pytest.mark.parametrize(
    ("model", "arch"), [(None, "tiny"), ("swin_b", "base"), ("swin_l", "large")]
)
def test_without_a_file_the_name_decides(model: str | None, arch: str):
    found = choose_backbone(model, None, "video")
    assert (found.arch, found.window_size, found.checkpoint) == (arch, 7, None)
    assert weights_in_words(found) == "random weights"


def test_other_model_than_the_files_is_an_error(tmp_path: Path):
    file = saved(tmp_path, arch=SMALL)
    expected = f"--model swin_b and --checkpoint {file}: the file holds a Swin of 16 channels"
    with pytest.raises(ValueError, match=re.escape(expected)):
        choose_backbone("swin_b", file, "detection")


@pytest.mark.parametrize(
    ("head", "trained_for"),
    [("roi_head.bbox_head.fc_cls.weight", "detection"), ("decode_head.cls_embed.weight",
      "segmentation"), ("rpn_head.rpn_cls.weight", "detection")],
)  # fmt: skip
def test_model_of_another_task_is_an_error_with_a_way_out(
    tmp_path: Path, head: str, trained_for: str
):
    file = saved(tmp_path, (head,), arch=SMALL)
    expected = f"--checkpoint {file} was fine-tuned for {trained_for}, not video. Name a"
    with pytest.raises(ValueError, match=re.escape(expected)) as raised:
        choose_backbone(None, file, "video")
    # The way that the message names.
    named = str(raised.value).rpartition(" ")[2]
    assert choose_backbone(None, named, "video").sizes == SwinArch.parse(SMALL)
    assert choose_backbone(None, file, trained_for).sizes == SwinArch.parse(SMALL)


@pytest.mark.parametrize("rows", [15 * 7 * 7, 3 * 9])
def test_video_backbone_is_for_video_alone(tmp_path: Path, rows: int):
    file = saved(tmp_path, arch=SMALL)
    content = torch.load(file)
    for name, tensor in content["state_dict"].items():
        if name.endswith("relative_position_bias_table"):
            content["state_dict"][name] = tensor.new_zeros(rows, tensor.shape[1])
    torch.save(content, file)
    with pytest.raises(ValueError, match=f"--checkpoint {file} holds a backbone for video"):
        choose_backbone(None, file, "detection")
    found = choose_backbone(None, file, "video")
    assert (found.sizes, found.window_size) == (SwinArch.parse(SMALL), 7)


def test_missing_file_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="absent"):
        choose_backbone(None, str(tmp_path / "absent.pth"), "detection")


def test_size_of_a_named_arch_is_its_name():
    assert Backbone("base", 7, "patch", None, "").size == "base"
