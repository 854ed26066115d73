import pytest

from iclip.own_data.catalog import FORMATS
from iclip.own_data.format import option_of


@pytest.mark.parametrize(
    ("name", "option"),
    [("YOLO", "yolo"), ("Pascal VOC", "pascal-voc"), ("pascal-voc", "pascal-voc")],
)
def test_option_of_a_name(name: str, option: str) -> None:
    assert option_of(name) == option


def test_options_have_no_blanks() -> None:
    assert not [entry.NAME for entry in FORMATS if len(option_of(entry.NAME).split()) != 1]
