from tests.support.zero_shot_models import photos, tiny, tiny_name  # noqa: F401
