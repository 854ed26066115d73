"""Draw a validation part from the training samples, by a hash of their names.

Whether a sample is drawn depends on its own name and hardly on the others: images that are added
later leave the rest where it was, so that a second training is compared on the same images.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from iclip.hashing import hash_words

VAL_SHARE = 0.2
# COCO's val2017 has as many images. More of them cost time at every validation, and the scores
# hardly become more certain.
MAX_VAL = 5_000

# Another number would draw another part.
_SEED = 15


def draw_val(names: Sequence[str], labels: Sequence[Collection[int]]) -> npt.NDArray[np.bool_]:
    """Tell which samples are drawn for validation.

    A sample is drawn if the hash of its name is in the lowest fifth of all hashes, or in the share
    that gives about 5,000 samples. Then samples change sides so that no part is empty, that each
    class with several samples is in both, and that validation has no class that training lacks;
    the last of these counts most.

    Args:
        names: A name for each sample, relative to the data set's folder.
        labels: The labels of each sample's classes; empty if they are not known.

    Returns:
        (samples,), true for validation; all false if there are fewer than two samples.
    """
    hashes = np.array([_hash(name) for name in names], dtype=np.uint64)
    if len(names) < 2:
        return np.zeros(len(names), dtype=bool)
    share = min(VAL_SHARE, MAX_VAL / len(names))
    drawn = hashes < np.uint64(share * 2**64)
    if not drawn.any():
        drawn[hashes.argmin()] = True
    if drawn.all():
        drawn[hashes.argmax()] = False
    _spread_classes(drawn, hashes.argsort(kind="stable"), labels)
    return drawn


def _spread_classes(
    drawn: npt.NDArray[np.bool_], by_hash: npt.NDArray[np.intp], labels: Sequence[Collection[int]]
) -> None:
    """Move samples between the parts until the classes are in both, where that is possible."""
    samples_of: dict[int, list[int]] = defaultdict(list)  # by class, the lowest hash first
    for sample in map(int, by_hash):
        for label in set(labels[sample]):
            samples_of[label].append(sample)
    in_train = {label: sum(not drawn[s] for s in found) for label, found in samples_of.items()}
    for found in (samples_of[label] for label in sorted(samples_of)):
        if any(drawn[sample] for sample in found):
            continue
        spare = (s for s in found if all(in_train[label] > 1 for label in set(labels[s])))
        sample = next(spare, None)
        if sample is not None:
            drawn[sample] = True
            for label in set(labels[sample]):
                in_train[label] -= 1
    for found in (samples_of[label] for label in sorted(samples_of)):
        if all(drawn[sample] for sample in found):
            drawn[found[-1]] = False


def _hash(name: str) -> int:
    # Names of bytes that are not UTF-8 hold surrogates.
    digest = sha256(name.encode("utf-8", "surrogateescape")).digest()
    return int(hash_words(_SEED, int.from_bytes(digest[:8], "little"))[0])
