"""Protocols of classes in words, which a config or a command names: what scores are comparable.

The report sets a score beside published ones of its protocol (:mod:`iclip.report.protocols`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from iclip.messages import listing

_BOXES = "LVIS v1, boxes of the 866 frequent and common categories"
_ALL_BOXES = "LVIS v1, boxes of all 1203 categories, classes in words"
_MASKS = "trained on COCO-Stuff's 171 classes, tested untrained on"
_CLIPS = "trained on Kinetics-400 with classes in words,"
_MAPS = "words at each position of the pre-trained map, no training of masks"

PROTOCOLS: Mapping[str, str] = {
    "lvis-openvocab-box": f"{_BOXES}; box AP",
    "lvis-openvocab-mask": f"{_BOXES}; mask AP",
    "lvis-closed-text": f"{_ALL_BOXES}; box AP",
    "lvis-closed-text-mask": f"{_ALL_BOXES}; mask AP",
    "ade150-openvocab": f"{_MASKS} ADE20K's 150; mIoU",
    "ade847-openvocab": f"{_MASKS} ADE20K's 847; mIoU",
    "pc59-openvocab": f"{_MASKS} Pascal Context's 59; mIoU",
    "ade150-closed-text": "trained on ADE20K's 150 classes in words: closed set; mIoU",
    "ade150-untrained-maps": f"{_MAPS}, ADE20K's 150 classes; mIoU",
    "hmdb51-zeroshot": f"{_CLIPS} HMDB-51's three test splits; top-1",
    "ucf101-zeroshot": f"{_CLIPS} UCF-101's three test splits; top-1",
    "k400-closed-text": "trained on Kinetics-400's classes in words: closed set; top-1",
    "toy-openvocab": "the toy world: boxes, masks or clips of the seen classes only",
    "toy-closed-text": "the toy world: all classes trained, in words",
    "toy-untrained-maps": f"the toy world: {_MAPS}; mIoU",
}
"""Protocols by name, each in words."""


@dataclass(frozen=True)
class LabelMapProtocol:
    """What a protocol of label maps counts: images, and words among which each pixel has one."""

    images: int
    words: int

    def deviations(self, images: int, words: int) -> tuple[str, ...]:
        """Say in which numbers an evaluation differs."""
        wanted = (("images", images, self.images), ("words", words, self.words))
        return tuple(
            f"{found:,} {things}, not {whole:,}"
            for things, found, whole in wanted
            if found != whole
        )


UNTRAINED_MAPS: Mapping[str, LabelMapProtocol | None] = {
    "ade150-untrained-maps": LabelMapProtocol(images=2000, words=150),
    "toy-untrained-maps": None,
}
"""Protocols of ``iclip segment``; None for one whose images and words are as many as were drawn."""


def protocol_problem(named: Any) -> str | None:
    """Say what is wrong with the ``protocol`` of a config; None if nothing is."""
    if named is None or (isinstance(named, str) and named in PROTOCOLS):
        return None
    if not isinstance(named, str):
        return f"protocol is {named!r}; it takes one name, such as 'lvis-openvocab-box'"
    near = get_close_matches(named, PROTOCOLS, n=1)
    meant = f"is {near[0]!r} meant? " if near else ""
    return (
        f"protocol {named!r} is not known, so no published score stands beside the run's: {meant}"
        f"There are {listing(sorted(PROTOCOLS), 20)}"
    )
