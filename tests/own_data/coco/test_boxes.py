from typing import Any

import numpy as np
import pytest

from iclip.own_data.boxes import BoxedImage
from iclip.own_data.coco.boxes import boxed_part
from iclip.own_data.coco.content import CocoPart
from iclip.own_data.image_sizes import SizedImage
from iclip.own_data.remarks import Remarks

GOOD: list[Any] = [[n, 2, 20, 10] for n in range(20)]


def boxed(
    objects: list[dict[str, Any]], turn: int = 1, remarks: Remarks | None = None
) -> BoxedImage:
    size = (48, 64) if turn > 4 else (64, 48)
    image = SizedImage("/a.jpg", *size, turn)
    count = len(objects)
    part = CocoPart([image], [{}], [turn], objects, [0] * count, [0] * count, {})
    (sample,) = boxed_part(part, remarks or Remarks("DIR"))
    return sample


@pytest.mark.parametrize(
    ("box", "read"),
    [
        ([1, 2, 30, 4], [1, 2, 30, 4]),
        (["1", "2.5", "30", " 4 "], [1, 2.5, 30, 4]),
        ([1e0, 2, 30, 4.5], [1, 2, 30, 4.5]),
    ],
)
def test_boxes_may_be_written_as_texts(box: list[Any], read: list[float]) -> None:
    sample = boxed([{"bbox": box} for box in [*GOOD, box]])
    assert sample.boxes[20].tolist() == read


@pytest.mark.parametrize(
    "box", [None, [], [1, 2, 3], [1, 2, 3, 4, 5], "1,2,3,4", [1, 2, 3, "x"], [1, 2, 3, [4]],
            {"x": 1}, [1, 2, 3, None], [10**400, 1, 1, 1]],
)  # fmt: skip
def test_what_is_not_four_numbers_is_left_out(box: Any) -> None:
    remarks = Remarks("DIR")
    sample = boxed([{"id": n, "bbox": box} for n, box in enumerate([*GOOD, box])], remarks=remarks)
    assert sample.boxes.tolist() == GOOD
    (omission,) = remarks.omissions()
    assert str(omission) == "1 annotation without four numbers as bbox (annotation 20 of a.jpg)"


def test_corners_in_the_place_of_sides_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"beyond an edge .*is it x1, y1, x2, y2"):
        boxed([{"bbox": [40, 30, 60, 47]}] * 2 + [{"bbox": [41, 31, 61, 48]}])


def test_shares_in_the_place_of_pixels_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"narrower or lower than a pixel .*or in fractions"):
        boxed([{"bbox": [0.1, 0.1, 0.5, 0.5]}, {"bbox": [0.2, 0.1, 0.5, 0.5]}])


def test_crowds_and_areas() -> None:
    objects: list[dict[str, Any]] = [
        {"bbox": [0, 0, 9, 9], "iscrowd": 1, "area": 20},
        {"bbox": [1, 0, 9, 9], "iscrowd": 0, "area": "30.5"},
        {"bbox": [2, 0, 9, 9], "iscrowd": "1", "area": None},
        {"bbox": [3, 0, 9, 9], "iscrowd": None, "area": [1]},
        {"bbox": [4, 0, 9, 9]},
    ]
    sample = boxed(objects)
    assert sample.crowd.tolist() == [True, False, True, False, False]
    assert sample.areas.tolist() == [20, 30.5, 81, 81, 81]
    assert sample.class_labels == [0, 0, 0]


def test_annotations_on_stored_pixels_are_turned() -> None:
    sample = boxed([{"bbox": [1, 2, 30, 4]}], turn=6)
    assert sample.boxes.tolist() == [[48 - 2 - 4, 1, 4, 30]]


def test_no_annotation() -> None:
    assert np.array_equal(boxed([]).boxes, np.zeros((0, 4)))
