"""A model is built from a checkpoint without the files of its training."""

import torch

from iclip.models.config_without_files import without_files


def test_files_of_the_text_tower_come_from_the_weights():
    config = {"type": "ICLIP", "text_encoder": {"vocabulary": "there/bpe.json", "width": 8}}
    weights = {"text_encoder.bpe_ids": torch.tensor([3, 1, 7])}
    found = without_files(config, weights)
    assert found == {"type": "ICLIP", "text_encoder": {"vocabulary": [3, 1, 7], "width": 8}}
    assert config["text_encoder"]["vocabulary"] == "there/bpe.json"


def test_pretrained_weights_are_not_read_again():
    config = {"text_encoder": {"name_or_path": "roberta-base", "dropout": 0.1}}
    expected = {"text_encoder": {"name_or_path": None, "dropout": 0.1}}
    assert without_files(config, {}) == expected


def test_model_without_a_text_tower_stays_as_it_is():
    config = {"type": "Supervised", "backbone": {"arch": "tiny"}}
    assert without_files(config, {}) == config
