import pytest

from iclip.own_data.parts import part_of


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("train", "train"),
        ("instances_train2017", "train"),
        ("Training images", "train"),
        ("trainval", "train"),
        ("valid", "val"),
        ("instances_Validation", "val"),
        ("VAL", "val"),
        ("val-2014", "val"),
        ("test", "test"),
        ("image_info_test-dev2017", "test"),
        ("instances_default", None),
        ("trained", None),
        ("evaluation", None),
        ("train_and_val", None),
        ("", None),
    ],
)
def test_part_of_a_name(name: str, part: str | None) -> None:
    assert part_of(name) == part
