"""Names of protocols, and what is said of one that is not known."""

from typing import Any

import pytest

from iclip.results.protocols import PROTOCOLS, UNTRAINED_MAPS, LabelMapProtocol, protocol_problem


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (None, None),
        ("ucf101-zeroshot", None),
        ("ucf101-zero-shot", "is 'ucf101-zeroshot' meant? There are ade150-closed-text,"),
        ("x", "'x' is not known, so no published score stands beside the run's: There are"),
        ({"a": 1}, "protocol is {'a': 1}; it takes one name"),
    ],
)
def test_an_unknown_protocol_is_a_problem(named: Any, words: str | None):
    found = protocol_problem(named)
    assert found is None if words is None else found is not None and words in found


def test_protocols_of_maps_are_protocols():
    assert UNTRAINED_MAPS.keys() <= PROTOCOLS.keys()


def test_a_part_of_the_images_or_other_words_deviate():
    protocol = LabelMapProtocol(images=2000, words=150)
    assert protocol.deviations(2000, 150) == ()
    assert protocol.deviations(2000, 3) == ("3 words, not 150",)
    assert protocol.deviations(10, 150) == ("10 images, not 2,000",)
