import pytest
from PIL import Image

from iclip.files.pixel_limit import LARGEST_PIXELS, max_pixels


def test_limit_is_that_of_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ICLIP_MAX_PIXELS", raising=False)
    assert max_pixels() == 2 * (Image.MAX_IMAGE_PIXELS or 0) == LARGEST_PIXELS


@pytest.mark.parametrize("value", ["1", "50000000", str(LARGEST_PIXELS)])
def test_variable_lowers_the_limit(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ICLIP_MAX_PIXELS", value)
    assert max_pixels() == int(value)


@pytest.mark.parametrize("value", ["", "0", "-1", "many", "1e6", str(LARGEST_PIXELS + 1)])
def test_other_values_are_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ICLIP_MAX_PIXELS", value)
    with pytest.raises(ValueError, match=f"ICLIP_MAX_PIXELS is {value!r}: give .* from 1 to 1789"):
        max_pixels()
