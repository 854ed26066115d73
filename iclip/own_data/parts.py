"""Which part of a data set a file or folder holds, by its name."""

import re

from iclip.own_data.data_set import TEST, TRAIN, VAL

# Words that tools and people write: Roboflow's `valid`, CVAT's `Validation`, VOC's `trainval`.
_WORDS = {
    **dict.fromkeys(("train", "training", "trainset", "trainval"), TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "validate", "valset"), VAL),
    **dict.fromkeys(("test", "testing", "testset"), TEST),
}


def part_of(name: str) -> str | None:
    """Tell the part from a name such as ``instances_val2017`` or ``Training images``.

    Args:
        name: Of a file or folder, without its path; the case does not matter.

    Returns:
        ``train``, ``val`` or ``test``; None if no word, or words of several parts, are in it.
    """
    found = {_WORDS[word] for word in re.findall("[a-z]+", name.lower()) if word in _WORDS}
    return found.pop() if len(found) == 1 else None
