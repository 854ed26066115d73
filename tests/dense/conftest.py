"""Small models with random weights."""

from tests.support.zero_shot_models import micro, tiny, tiny_name  # noqa: F401
