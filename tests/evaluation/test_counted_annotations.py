"""Annotations as an evaluation takes them; the metrics' tests evaluate them."""

import pytest

from iclip.evaluation.counted_annotations import counted_annotations, is_crowd

BOX = dict(image_id=3, category_id=7, bbox=[1, 2, 3, 4], area=12)


def test_nothing_but_what_counts_is_kept_under_ids_from_1():
    given = [BOX | dict(id=None, segmentation=[[1, 2]], iscrowd=1), BOX]
    assert counted_annotations(given) == [
        BOX | dict(id=1, iscrowd=1),
        BOX | dict(id=2, iscrowd=0),
    ]
    assert given[1] is BOX and "id" not in BOX


@pytest.mark.parametrize(
    ("mark", "crowd"), [(1, True), (True, True), (0, False), (False, False), (None, False)]
)
def test_crowd_is_what_says_so(mark: object, crowd: bool):
    assert is_crowd(BOX | dict(iscrowd=mark)) is crowd
