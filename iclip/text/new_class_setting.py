"""The setting ``new_classes`` of a config: which classes are tested and were not trained.

With class-text tables::

    new_classes = dict(tested="class_texts_all.jsonl", trained="class_texts_seen.jsonl")

``tested`` lists the classes of the evaluation in their order, ``trained`` those that had boxes,
masks or clips. In place of it, ``frequency="rare"`` takes LVIS's group; ``tested`` may then be
LVIS's annotation file, whose synsets are WordNet's. ``pretrained`` names the labels of the
pre-training where its run is not at hand.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from iclip.messages import listing
from iclip.text.sources.lvis import FREQUENCIES

SETTING = "new_classes"
_KEYS = ("tested", "trained", "frequency", "pretrained")


def read_new_classes(config: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Return what a config says of its new classes; None where it says nothing.

    Raises:
        ValueError: The setting, "it" in the message, is malformed.
    """
    asked = config.get(SETTING)
    if asked is None:
        return None
    if not isinstance(asked, Mapping):
        raise ValueError(f"it is {asked!r}; it takes dict(tested=TABLE, trained=TABLE)")
    for key, value in asked.items():
        if key not in _KEYS:
            near = get_close_matches(str(key), _KEYS, n=1)
            meant = f"is {near[0]} meant? " if near else ""
            raise ValueError(f"it has the key {key}: {meant}There are {listing(_KEYS)}")
        if not isinstance(value, str):
            raise ValueError(f"{key} is {value!r}; it takes a text")
    if asked.get("frequency", FREQUENCIES[0]) not in FREQUENCIES:
        raise ValueError(f"frequency is {asked['frequency']!r}; it takes {listing(FREQUENCIES)}")
    if "tested" not in asked or ("trained" in asked) == ("frequency" in asked):
        raise ValueError(
            f"it has {listing(list(map(str, asked))) or 'no key'}; it takes tested, and "
            "trained or frequency"
        )
    return asked
