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

# A class of at least as many samples is to have one in validation: a fifth of them. Of fewer ones,
# training needs all more.
_SPREAD_FROM = 5

# Another number would draw another part.
_SEED = 15


def draw_val(names: Sequence[str], labels: Sequence[Collection[int]]) -> npt.NDArray[np.bool_]:
    """Tell which samples are drawn for validation.

    A sample is drawn if the hash of its name is in the lowest fifth of all hashes, or in the share
    that gives about 5,000 samples. Then samples change sides so that no part is empty, that each
    class of five samples or more is in both, and that validation has no class that training lacks;
    the last of these counts most.

    Args:
        names: A name for each sample, relative to the data set's folder.
        labels: The labels of each sample's classes; empty if they are not known.

    Returns:
        (samples,), true for validation; all false if no sample can be spared, since each has a
        class that no other has.
    """
    if len(names) < 2:
        return np.zeros(len(names), dtype=bool)
    hashes = _hashes(names)
    share = min(VAL_SHARE, MAX_VAL / len(names))
    drawn = hashes < np.uint64(share * 2**64)
    if not drawn.any():
        drawn[hashes.argmin()] = True
    if drawn.all():
        drawn[hashes.argmax()] = False
    by_hash = [int(sample) for sample in hashes.argsort(kind="stable")]
    _spread_classes(drawn, by_hash, labels)
    return drawn


def _spread_classes(
    drawn: npt.NDArray[np.bool_], by_hash: Sequence[int], labels: Sequence[Collection[int]]
) -> None:
    """Move samples between the parts until the classes are in both, where that is possible.

    Args:
        drawn: (samples,), changed in place.
        by_hash: The samples, the lowest hash first.
        labels: See `draw_val`.
    """
    samples_of: dict[int, list[int]] = defaultdict(list)
    for sample in by_hash:
        for label in set(labels[sample]):
            samples_of[label].append(sample)
    in_train = {label: sum(not drawn[s] for s in found) for label, found in samples_of.items()}

    def draw_one(of: Sequence[int]) -> None:
        """Draw the first sample without which training has all its classes."""
        for sample in of:
            if not drawn[sample] and all(in_train[label] > 1 for label in set(labels[sample])):
                drawn[sample] = True
                for label in set(labels[sample]):
                    in_train[label] -= 1
                return

    for label in sorted(samples_of):
        is_common = len(samples_of[label]) >= _SPREAD_FROM
        if is_common and not any(drawn[sample] for sample in samples_of[label]):
            draw_one(samples_of[label])
    for label in sorted(samples_of):
        found = samples_of[label]
        if in_train[label] == 0:
            drawn[found[-1]] = False
            for other in set(labels[found[-1]]):
                in_train[other] += 1
    if not drawn.any():
        draw_one(by_hash)


def _hashes(names: Sequence[str]) -> npt.NDArray[np.uint64]:
    # Names of bytes that are not UTF-8 hold surrogates.
    digests = (sha256(name.encode("utf-8", "surrogateescape")).digest() for name in names)
    words = [int.from_bytes(digest[:8], "little") for digest in digests]
    return hash_words(_SEED, np.array(words, dtype=np.uint64))
