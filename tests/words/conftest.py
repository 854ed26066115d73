"""A micro iCLIP's checkpoint and class texts."""

from tests.support.zero_shot_models import labelled_micro, micro, table, tiny, tiny_name  # noqa: F401
