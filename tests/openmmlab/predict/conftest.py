"""What tests of predictions share."""

from collections.abc import Mapping

import pytest

from iclip.predict.predict_files import Predictor
from tests.support.default_scope import scope_is_restored
from tests.support.framework_predictions import TASKS, random_predictor, toy_config

__all__ = ["scope_is_restored"]


@pytest.fixture(scope="session")
def toy_predictors(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Predictor]:
    """Each toy model with random weights."""
    return {
        task: random_predictor(toy_config(task), tmp_path_factory.mktemp(task)) for task in TASKS
    }
