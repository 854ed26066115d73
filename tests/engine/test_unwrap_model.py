"""The model itself is found behind mmengine's and torch's wrappers."""

import pytest
from torch import nn
from torch.nn.parallel import DataParallel

from iclip.engine.unwrap_model import unwrap
from iclip.models import ClassifierOfViews


def test_model_behind_a_wrapper_is_found():
    model = nn.Linear(1, 1)
    assert unwrap(DataParallel(model)) is model


def test_model_behind_test_time_views_is_found():
    model = nn.Linear(1, 1)
    model.test_step = lambda data: data
    views = ClassifierOfViews(model, scales=[1.0])
    assert unwrap(views) is unwrap(DataParallel(views)) is model


@pytest.mark.parametrize("name", ["module", "layer"])
def test_model_without_a_wrapper_stays(name: str):
    """A part that is called ``module`` does not make a model a wrapper."""
    model = nn.ModuleDict({name: nn.Linear(1, 1)})
    assert unwrap(model) is model
