"""The parts of a file that hold weights, and the rule by which one is chosen."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from iclip.checkpoints.inert_pickle import Opaque
from iclip.checkpoints.stored_tensors import StoredArray, StoredTensor
from iclip.checkpoints.swin_tensors import BIAS_TABLE
from iclip.messages import listing

# Where training programs store the trained network; the first that a file has is taken ...
TRAINED = ("state_dict", "model", "model_state_dict", "model_state", "module", "net", "network")
# ... and its average over the training, which is taken if there is nothing else. (mmengine's
# EMAHook swaps the two: its ``state_dict`` is the average.)
AVERAGED = ("state_dict_ema", "model_ema", "ema_state_dict", "model_state_dict_ema", "ema")
# What the names of parts begin with whose tensors are not a network's.
_NOT_WEIGHTS = ("optim", "lr_sched", "sched", "scaler", "amp", "rng", "loss_scale", "message_hub")
# Levels of mappings inside mappings that are searched.
_DEPTH = 3
Stored = Tensor | StoredTensor | StoredArray
Entries = Mapping[str, Any]


def find_parts(content: object) -> dict[str, Entries]:
    """Find the mappings of a file that hold tensors, by place, such as ``model.state_dict``."""
    return dict(_walk(content, "", 0, set()))


def _walk(content: object, place: str, depth: int, seen: set[int]) -> Iterator[tuple[str, Entries]]:
    """Yield the parts in a mapping, each object once; ``seen`` holds the ids of those before."""
    if not isinstance(content, Mapping) or id(content) in seen:
        return
    seen.add(id(content))
    named = {key: value for key, value in content.items() if isinstance(key, str)}
    if any(isinstance(value, Stored) for value in named.values()):
        yield place, named
    if depth < _DEPTH:
        for key, value in named.items():
            if not key.startswith(_NOT_WEIGHTS):
                yield from _walk(value, f"{place}.{key}" if place else key, depth + 1, seen)


def choose_part(
    parts: Mapping[str, Entries], wanted: str, file: Path, content: object
) -> tuple[str, str]:
    """Choose a part: the wanted one, else the trained network, else its average.

    Args:
        parts: The file's parts by place.
        wanted: What the user wrote behind ``#``: a part, the beginning of names, or both.
        file: The file, for the message.
        content: The file's content, for the message if it has no part.

    Returns:
        The part, and what the wanted names begin with.

    Raises:
        ValueError: There is no tensor, nothing fits ``wanted``, or several networks fit.
    """
    if not parts:
        raise ValueError(f"{file} holds no tensor under a name: {_description(content)}")
    # The longest first, so that ``model.state_dict`` is not taken for names in ``model``.
    for part in sorted(parts, key=len, reverse=True):
        if part and (wanted == part or wanted.startswith(f"{part}.")):
            return part, wanted[len(part) + 1 :]
    networks = [name for name in parts if has_swin(parts[name])] or list(parts)
    ranked = sorted(networks, key=_rank)
    best = [name for name in ranked if _rank(name) == _rank(ranked[0])]
    if len(best) > 1:
        raise ValueError(
            f"{file} holds {len(best)} sets of weights: {listing(best)}. Say which one is meant: "
            f"{file}#{best[0]}"
        )
    prefixed = [name for name in best if any(n.startswith(wanted) for n in parts[name])]
    if not prefixed:
        raise ValueError(
            f"{file}#{wanted}: the file has no such part, nor names that begin so; its parts are "
            f"{listing([name or '(its top level)' for name in parts])}"
        )
    return best[0], wanted


def _rank(part: str) -> tuple[int, int]:
    """Rank parts: trained networks in the order of ``TRAINED``, the top level, averages, others."""
    names = part.split(".")
    if part and all(name in TRAINED for name in names):
        return 0, TRAINED.index(names[0])
    return (1 if not part else 2 if is_average(part) else 3), 0


def is_average(part: str) -> bool:
    """Whether a part's name is that of an average over the training."""
    return part.rpartition(".")[2] in AVERAGED


def has_swin(entries: Entries) -> bool:
    """Whether a part holds a table of relative positions, as every Swin does."""
    return any(name.endswith(BIAS_TABLE) for name in entries)


def _description(content: object) -> str:
    """Say what a file without tensors holds, for a message."""
    if isinstance(content, Opaque):
        return (
            f"it is a whole object of class {printable(content.kind)}. Load it where that class is "
            "installed, and save its state_dict() with torch.save"
        )
    if isinstance(content, Mapping):
        keys = [printable(repr(key)) for key in content]
        return f"its keys are {listing(keys) or '(none)'}"
    return f"it is a {type(content).__name__}"


def printable(value: object) -> str:
    """Return a text from a file as one line of at most 200 characters, for a message."""
    return "".join(c if c.isprintable() else "?" for c in str(value))[:200]
