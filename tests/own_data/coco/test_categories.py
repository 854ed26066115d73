from typing import Any

import pytest

from iclip.own_data.coco.categories import CocoClasses, id_key, read_categories
from iclip.own_data.remarks import Remarks
from tests.support.own_data_files import coco_content


def content(names: tuple[str, ...], used: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
    return coco_content(["a.jpg"], [(0, name, (1, 1, 5, 5)) for name in used], names)


def read(remarks: Remarks | None = None, **contents: Any) -> CocoClasses:
    names = {part: f"{part}.json" for part in contents}
    return read_categories(contents, names, remarks or Remarks("DIR"))


def test_classes_are_those_of_all_parts_in_the_files_order() -> None:
    found = read(
        train=content(("dog", "cat"), ("cat",)), val=content(("bird", "cat", "dog"), ("cat",))
    )
    assert found.names == ("dog", "cat", "bird")
    assert found.label_of_id == {
        "train": {"90": 0, "83": 1},
        "val": {"90": 2, "83": 1, "76": 0},
    }
    assert [category["name"] for category in found.categories] == list(found.names)


def test_roboflows_class_above_the_others_is_not_one() -> None:
    changed = content(("cat", "dog"), ("cat",))
    for category in changed["categories"]:
        category["supercategory"] = "animals"
    changed["categories"].insert(0, {"id": 0, "name": "animals", "supercategory": "none"})
    remarks = Remarks("DIR")
    assert read(remarks, train=changed).names == ("cat", "dog")
    assert remarks.notes[0].startswith("not a class: animals")
    # With an annotation, in any part, it is a class.
    other = {**changed, "annotations": [{"image_id": 1, "category_id": 0}]}
    assert read(train=changed, val=other).names == ("animals", "cat", "dog")


def test_a_class_that_is_its_own_supercategory_stays() -> None:
    changed = content(("cat",), ("cat",))
    changed["categories"].append({"id": 500, "name": "person", "supercategory": "person"})
    assert read(train=changed).names == ("cat", "person")


def test_two_categories_of_one_name_are_one_class() -> None:
    changed = content(("cat", "cat ", "dog"), ("cat",))
    remarks = Remarks("DIR")
    found = read(remarks, train=changed)
    assert found.names == ("cat", "dog")
    assert found.label_of_id["train"] == {"90": 0, "83": 0, "76": 1}
    assert remarks.notes == ["train.json states 1 name several times (cat): one class each"]


@pytest.mark.parametrize(("value", "key"), [(7, "7"), ("7", "7"), (7.0, "7"), (7.5, "7.5")])
def test_ids_that_mean_the_same_are_one(value: Any, key: str) -> None:
    assert id_key(value) == key
