"""Weights between those that a training started from and those that it reached.

The mean of a pre-trained network and of the same network after fine-tuning keeps what both can
(WiSE-FT, arXiv:2109.01903; for video Open-VCLIP, arXiv:2302.00624).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from iclip.checkpoints.finite import are_finite
from iclip.messages import counted, listing

# What a training counts or marks: batches, and the classes that it has data of.
_OF_TRAINING = ("num_batches_tracked", ".trained")
# What text towers wrote: the classes of a classifier by words, and the name of their joint space.
_TEXT_EMBEDDINGS = ("class_embeds", "probe")
# The least cosine between the same texts' embeddings, whatever the precision.
_SAME_TEXT = 0.999
_SHOWN = 4


@dataclass(frozen=True)
class Interpolation:
    """Interpolated weights.

    Attributes:
        tensors: All of them by name, with the second weights' types.
        moved: Number of tensors that are between two different ones.
        equal: Number of tensors that are the same in both.
        taken: Names of those that are the second's: what a training counts, embeddings of texts.
    """

    tensors: Mapping[str, Tensor]
    moved: int
    equal: int
    taken: tuple[str, ...]


@torch.no_grad()
def interpolate(
    first: Mapping[str, Tensor], second: Mapping[str, Tensor], share: float
) -> Interpolation:
    """Compute ``(1 - share) * first + share * second``, tensor by tensor.

    Args:
        first: Weights by name, such as those that a training started from.
        second: Weights of the same network, such as those that it reached.
        share: The second's share, from 0 to 1.

    Raises:
        ValueError: The share is out of range; names, shapes or whole numbers differ; the classes of
            a classifier by words differ; or weights are not finite.
    """
    if not 0 <= share <= 1:
        raise ValueError(
            f"share is {share}; it takes a number from 0 (the first) to 1 (the second)"
        )
    for which, weights in (("first", first), ("second", second)):
        broken = [name for name, tensor in weights.items() if not are_finite([tensor])]
        if broken:
            raise ValueError(
                f"{counted(len(broken), 'tensor')} of the {which} weights are not finite: "
                f"{listing(broken, _SHOWN)}. Take another checkpoint of that training"
            )
    _check_same_network(first, second)
    tensors, moved, taken = {}, 0, []
    for name, after in second.items():
        before = first[name]
        tensors[name] = after
        if torch.equal(before, after):
            continue
        if name.endswith((*_OF_TRAINING, *_TEXT_EMBEDDINGS)):
            taken.append(name)
            continue
        # In double precision, so that halves of half-precision numbers are rounded once.
        tensors[name] = torch.lerp(before.double(), after.double(), share).to(after.dtype)
        moved += 1
    return Interpolation(tensors, moved, len(tensors) - moved - len(taken), tuple(taken))


def _check_same_network(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> None:
    """Refuse weights that are not of one network with the same classes."""
    problems = []
    for what, names in (
        ("only in the first", [name for name in first if name not in second]),
        ("only in the second", [name for name in second if name not in first]),
        ("of another shape", _differing(first, second, _has_other_shape)),
        ("of other whole numbers", _differing(first, second, _has_other_numbers)),
        ("of other classes or another text tower", _differing(first, second, _has_other_texts)),
    ):
        if names:
            problems.append(f"{what} ({len(names)}): {listing(names, _SHOWN)}")
    if problems:
        raise ValueError(
            "the two are not weights of one network: " + "; ".join(problems) + ". Interpolate a "
            "training's weights with those that it started from"
        )


def _differing(
    first: Mapping[str, Tensor],
    second: Mapping[str, Tensor],
    differ: Callable[[str, Tensor, Tensor], bool],
) -> Sequence[str]:
    return [name for name in first if name in second and differ(name, first[name], second[name])]


def _has_other_shape(name: str, before: Tensor, after: Tensor) -> bool:
    return before.shape != after.shape


def _has_other_numbers(name: str, before: Tensor, after: Tensor) -> bool:
    if before.shape != after.shape or name.endswith(_OF_TRAINING):
        return False
    is_float = before.is_floating_point() and after.is_floating_point()
    return not is_float and not torch.equal(before, after)


def _has_other_texts(name: str, before: Tensor, after: Tensor) -> bool:
    if before.shape != after.shape or not name.endswith(_TEXT_EMBEDDINGS):
        return False
    cosines = F.cosine_similarity(before.double(), after.double(), dim=-1)
    return not torch.equal(before, after) and not bool((cosines >= _SAME_TEXT).all())
