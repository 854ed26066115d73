import numpy as np
import pytest

from iclip.own_data.boxes import BoxTable, boxed_images
from iclip.own_data.image_sizes import SizedImage
from iclip.own_data.remarks import Remarks

IMAGES = [SizedImage("/a.jpg", 64, 48), SizedImage("/b.jpg", 64, 48), SizedImage("/c.jpg", 10, 10)]
NAN = float("nan")


def table(
    boxes: list[list[float]],
    images: list[int] | None = None,
    labels: list[int] | None = None,
    areas: list[float] | None = None,
) -> BoxTable:
    count = len(boxes)
    return BoxTable(
        np.array(images or [0] * count, dtype=np.int64),
        np.array(labels or [0] * count, dtype=np.int64),
        np.array(boxes, dtype=float).reshape(-1, 4),
        np.zeros(count, dtype=bool),
        np.array(areas or [NAN] * count, dtype=float),
        lambda row: f"box {row}",
        "are they in pixels?",
    )


def many(odd: list[float]) -> list[list[float]]:
    """An odd box behind 20 others, so that it is no tenth of them."""
    return [[float(n), n, 5, 5] for n in range(20)] + [odd]


def test_boxes_are_grouped_by_image_in_their_order() -> None:
    boxes: list[list[float]] = [[1, 1, 5, 5], [2, 2, 5, 5], [3, 3, 5, 5], [4, 4, 5, 5]]
    a, b, c = boxed_images(IMAGES, table(boxes, [1, 0, 1, 0], [3, 2, 1, 0]), Remarks("DIR"))
    assert (a.boxes.tolist(), a.labels.tolist()) == ([boxes[1], boxes[3]], [2, 0])
    assert (b.boxes.tolist(), b.class_labels) == ([boxes[0], boxes[2]], [3, 1])
    assert c.boxes.shape == (0, 4) and c.class_labels == []
    assert (c.file, c.width, c.height) == ("/c.jpg", 10, 10)


def test_no_image_and_no_box() -> None:
    assert boxed_images([], table([]), Remarks("DIR")) == []


def test_a_box_within_its_image_stays_as_it_is_bit_for_bit() -> None:
    box = [0.1, 0.2, 30.3, 47.8 - 0.1]
    (sample, *_) = boxed_images(IMAGES, table([box]), Remarks("DIR"))
    assert sample.boxes.tolist() == [box]


@pytest.mark.parametrize(
    ("box", "clipped", "told"),
    [
        ([-5, -5, 20, 20], [0, 0, 15, 15], True),
        ([50, 40, 30, 30], [50, 40, 14, 8], True),
        ([-9, -9, 900, 900], [0, 0, 64, 48], True),
        # A pixel is left for rounding.
        ([-0.5, 0, 20, 20], [0, 0, 19.5, 20], False),
        ([44, 28, 20.9, 20.9], [44, 28, 20, 20], False),
    ],
)
def test_a_box_is_clipped_to_its_image(box: list[float], clipped: list[float], told: bool) -> None:
    remarks = Remarks("DIR")
    (sample, *_) = boxed_images(IMAGES, table(many(box)), remarks)
    assert sample.boxes[20].tolist() == clipped
    expected = ["1 box beyond an edge of their image (box 20): clipped"] if told else []
    assert remarks.notes == expected


@pytest.mark.parametrize(
    ("box", "what"),
    [
        ([NAN, 0, 5, 5], "boxes with NaN or infinite numbers"),
        ([0, 0, float("inf"), 5], "boxes with NaN or infinite numbers"),
        ([5, 5, 0, 5], "boxes narrower or lower than a pixel"),
        ([5, 5, 5, -3], "boxes narrower or lower than a pixel"),
        ([5, 5, 0.99, 5], "boxes narrower or lower than a pixel"),
        # Less than a pixel is within the image.
        ([63.5, 5, 9, 9], "boxes narrower or lower than a pixel"),
        ([64, 5, 9, 9], "boxes without a pixel in their image"),
        ([-9, -9, 9, 9], "boxes without a pixel in their image"),
        ([0, 0, 5, 5], "boxes stated again"),
    ],
)
def test_a_box_is_left_out(box: list[float], what: str) -> None:
    remarks = Remarks("DIR")
    (sample, *_) = boxed_images(IMAGES, table(many(box)), remarks)
    assert len(sample.boxes) == 20
    (omission,) = remarks.omissions()
    assert (omission.what, omission.count, omission.example) == (what, 1, "box 20")


def test_many_boxes_beyond_their_image_are_another_format() -> None:
    boxes: list[list[float]] = [[40.0, 30, 60, 45]] * 3 + [[float(n), 0, 5, 5] for n in range(7)]
    with pytest.raises(
        ValueError, match=r"3 boxes beyond an edge of their image.*are they in pixels"
    ):
        boxed_images(IMAGES, table(boxes), Remarks("DIR"))


def test_same_box_of_another_class_stays() -> None:
    (sample, *_) = boxed_images(IMAGES, table([[0, 0, 5, 5]] * 2, labels=[0, 1]), Remarks("DIR"))
    assert sample.class_labels == [0, 1]


@pytest.mark.parametrize(
    ("stated", "area"), [(12.5, 12.5), (NAN, 25.0), (0.0, 25.0), (-1.0, 25.0), (26.0, 25.0)]
)
def test_area_is_the_stated_one_if_the_box_can_hold_it(stated: float, area: float) -> None:
    (sample, *_) = boxed_images(IMAGES, table([[0, 0, 5, 5]], areas=[stated]), Remarks("DIR"))
    assert sample.areas.tolist() == [area]


def test_details_go_with_their_image() -> None:
    details = [{"n": 0}, {"n": 1}, {"n": 2}]
    samples = boxed_images(IMAGES, table([]), Remarks("DIR"), details)
    assert [sample.details for sample in samples] == details


def test_other_labels_reach_the_details_too() -> None:
    details = [{"neg_labels": [0, 2], "other": [0]}, {}, {}]
    boxes = table([[0, 0, 5, 5], [1, 0, 5, 5]], labels=[2, 0])
    (sample, *_) = boxed_images(IMAGES, boxes, Remarks("DIR"), details)
    other = sample.relabelled([7, 8, 9])
    assert other.labels.tolist() == [9, 7]
    assert other.details == {"neg_labels": [7, 9], "other": [0]}
    assert (sample.labels.tolist(), other.file) == ([2, 0], sample.file)
