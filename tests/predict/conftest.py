"""What tests of predictions share."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from iclip.predict.load_model import load_model
from iclip.predict.trained_model import TrainedModel
from tests.support.default_scope import scope_is_restored
from tests.support.framework_predictions import TASKS
from tests.support.toy_model_files import write_toy_model
from tests.support.zero_shot_models import micro

__all__ = ["micro", "scope_is_restored"]


@pytest.fixture(scope="session")
def model_files(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The light file of each toy model, with random weights."""
    folder = tmp_path_factory.mktemp("models")
    return {task: write_toy_model(task, folder / task / "best.pth") for task in TASKS}


@pytest.fixture(scope="session")
def models(model_files: Mapping[str, Path]) -> Mapping[str, TrainedModel]:
    """Each toy model, loaded from its light file."""
    return {task: load_model(file, "cpu") for task, file in model_files.items()}
