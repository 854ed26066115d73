"""timm's part of a folder; that timm loads it is tested in tests/hub/test_libraries.py."""

from pathlib import Path

import pytest

from iclip.export.exported_checkpoint import ExportedCheckpoint
from iclip.export.timm_folder import pixels_of, timm_config, timm_weights
from tests.support.pushable_models import PIXELS, write_classifier, write_two_towers


def test_classifier_becomes_timms_head(tmp_path: Path):
    model = write_classifier(tmp_path / "best.pth")
    weights = timm_weights(ExportedCheckpoint.read(tmp_path / "best.pth"))
    assert (weights["head.fc.weight"] == model.classifier.weight).all()
    assert not [name for name in weights if name.startswith("classifier")]


def test_sizes_that_timm_does_not_name_are_arguments(tmp_path: Path):
    write_two_towers(tmp_path / "latest.pth")
    exported = ExportedCheckpoint.read(tmp_path / "latest.pth")
    config = timm_config(exported, {"data_preprocessor": PIXELS}, 224, 256, None)
    assert config["model_args"]["depths"] == [1, 1, 2, 1]
    assert config["model_args"]["embed_dim"] == 16 and config["num_features"] == 128
    assert config["num_classes"] == 0 and "label_names" not in config
    assert config["pretrained_cfg"]["crop_pct"] == 0.875


def test_pixels_without_settings_are_clips():
    assert pixels_of({})["mean"] == pytest.approx([0.48145466, 0.4578275, 0.40821073])
