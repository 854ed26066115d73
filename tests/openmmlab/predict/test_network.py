"""Models are built and asked in the scope of their framework, which the process keeps not."""

import pytest
import torch
from mmengine.registry import DefaultScope

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.openmmlab.predict.network import Network, StoredModel, number_of_classes
from tests.support.framework_predictions import toy_config


def test_model_that_does_not_say_its_classes_is_named():
    with pytest.raises(
        ValueError, match=r"model\.type='Linear' says its number of classes in none"
    ):
        number_of_classes(torch.nn.Linear(1, 1))


def test_weights_of_another_model_are_refused():
    with pytest.raises(ValueError, match=r"(?s)a\.pth does not fit the config.*missing"):
        Network(StoredModel(toy_config("lvis_frcnn"), {"w": torch.ones(1)}, {}, "cpu", "a.pth"), [])


def test_scope_of_the_process_stays(toy_predictors: object):
    """The frameworks' inferencers would change it for all that comes later."""
    before = DefaultScope.get_current_instance()
    with pytest.raises(ValueError, match="does not fit"):
        Network(StoredModel(toy_config("ade20k_maskformer"), {}, {}, "cpu", "a.pth"), [])
    assert DefaultScope.get_current_instance() is before
