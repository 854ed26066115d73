import pytest

from tests.distributed.tiny_model import build, global_batch


def test_labelled_images_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"3 labelled images.*ratio=\(0, 1\)"):
        build("CLIP")(**global_batch("ICLIP", 3, 4), mode="loss")
