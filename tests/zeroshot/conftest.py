"""Small models and photos, which the commands' tests use too."""

from tests.support.zero_shot_models import micro, photos, table, tiny, tiny_name  # noqa: F401
