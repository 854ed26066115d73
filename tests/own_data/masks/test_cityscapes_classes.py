"""Cityscapes' classes against mmseg's list, and the numbers that are not classes."""

import ast
from importlib.util import find_spec
from pathlib import Path

from iclip.own_data.masks.cityscapes_classes import CLASSES, class_list, kind_of_all
from iclip.own_data.masks.encoding import is_ignored


def of_mmseg() -> tuple[str, ...]:
    """The classes in mmseg's source, which takes long to import."""
    spec = find_spec("mmseg")
    assert spec is not None and spec.origin is not None
    source = (Path(spec.origin).parent / "datasets/cityscapes.py").read_text()
    return next(
        ast.literal_eval(node.value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.keyword) and node.arg == "classes"
    )


def test_classes_are_those_of_mmseg():
    assert of_mmseg() == CLASSES


def test_training_numbers_are_places_in_the_list():
    listed = class_list("labelTrainIds").classes
    assert [(entry.value, entry.name) for entry in listed] == list(enumerate(CLASSES))


def test_numbers_of_the_data_set_keep_the_order_and_the_rest_is_ignored():
    listed = class_list("labelIds").classes
    assert [entry.value for entry in listed] == list(range(34))
    kept = [entry for entry in listed if not is_ignored(entry.name)]
    assert tuple(entry.name for entry in kept) == CLASSES
    # Beside the classes: unlabeled to ground, parking, rail track, guard rail, bridge, tunnel,
    # polegroup, caravan, trailer.
    ignored = {entry.value for entry in listed} - {entry.value for entry in kept}
    assert ignored == {*range(7), 9, 10, 14, 15, 16, 18, 29, 30}


def test_kind_is_known_where_all_masks_are_of_it():
    assert kind_of_all(["a_gtFine_labelIds.png", "b_labelIds.png"]) == "labelIds"
    assert kind_of_all(["a_labelIds.png", "b_labelTrainIds.png"]) is None
    assert kind_of_all([]) is None
