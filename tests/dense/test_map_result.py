"""What is kept of words that were compared with label maps."""

from pathlib import Path

import numpy as np
import pytest

from iclip.dense.map_result import check_protocol, map_result
from iclip.evaluation.class_iou import ClassPixels
from iclip.results import WordMaps

DETAIL = WordMaps(("sky", "grass", "dog"), first_number=1)


def pixels(right: list[int], predicted: list[int], true: list[int]) -> ClassPixels:
    return ClassPixels(*map(np.array, (right, predicted, true)))


def test_scores_count_words_that_are_there_or_predicted() -> None:
    found = map_result(pixels([2, 0, 0], [4, 1, 0], [4, 1, 0]), 3, 5, Path("a/maps"), DETAIL)
    # 2 of 6 pixels of the sky, none of 2 of the grass; the dog is nowhere.
    assert found.scores == pytest.approx({"maps/mIoU": 100 / 6, "maps/pixel_accuracy": 40.0})
    assert (found.images, found.expected, found.protocol, found.deviations) == (3, 5, None, ())
    assert found.per_class is not None
    values = [(entry.name, entry.value, entry.count) for entry in found.per_class.classes]
    assert values == [("sky", pytest.approx(100 / 3), 4), ("grass", 0.0, 1), ("dog", None, 0)]


def test_a_protocol_with_numbers_counts_its_whole() -> None:
    of = pixels([1, 1, 1], [1, 1, 1], [1, 1, 1])
    found = map_result(of, 2000, 2000, Path("m"), DETAIL, "ade150-untrained-maps")
    assert (found.expected, found.deviations) == (2000, ("3 words, not 150",))


def test_maps_without_a_word_have_no_score() -> None:
    with pytest.raises(ValueError, match="m: no pixel has the number of a word, 1 to 3"):
        map_result(pixels([0] * 3, [1] * 3, [0] * 3), 1, 1, Path("m"), DETAIL)


def test_protocol_of_a_training_is_refused() -> None:
    check_protocol(None)
    check_protocol("toy-untrained-maps")
    with pytest.raises(ValueError, match="--protocol k400-closed-text: it takes ade150-untrained"):
        check_protocol("k400-closed-text")
