"""The tensors of any file or folder that holds weights, and which of its parts they are.

Files of other projects hold more than weights: arguments, configs, optimizers, and often the same
network twice, as trained and averaged over the training (EMA). What is not a tensor is skipped; of
several parts one is taken by a stated rule, or by its name: ``FILE#PART``.
"""

import json
import struct
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from iclip.checkpoints.inert_pickle import ForbiddenName, Opaque
from iclip.checkpoints.safe_loading import missing_file
from iclip.checkpoints.stored_tensors import StoredArray, StoredTensor
from iclip.checkpoints.torch_files import read_inert
from iclip.messages import counted, listing
from iclip.text_files import read_text

# Where training codes keep a network as it was trained, the first one found is taken ...
TRAINED = ("state_dict", "model", "model_state_dict", "model_state", "module", "net", "network")
# ... and its average over the training, which is taken where there is nothing else. (mmengine's
# EMAHook swaps the two: its ``state_dict`` is the average.)
AVERAGED = ("state_dict_ema", "model_ema", "ema_state_dict", "model_state_dict_ema", "ema")
# Parts with tensors that are not a network's.
_NOT_WEIGHTS = ("optim", "lr_sched", "sched", "scaler", "amp", "rng", "loss_scale", "message_hub")
# Folders of transformers, open_clip and timm: an index of several files, or one.
_FOLDER_FILES = (
    "model.safetensors.index.json", "pytorch_model.bin.index.json", "model.safetensors",
    "open_clip_model.safetensors", "pytorch_model.bin", "open_clip_pytorch_model.bin",
)  # fmt: skip
_DEPTH = 3
# In what a cut or altered storage ends.
_DAMAGE = (ValueError, KeyError, RuntimeError, EOFError, struct.error, zipfile.BadZipFile)
Stored = Tensor | StoredTensor | StoredArray


@dataclass(frozen=True)
class WeightFile:
    """What was taken from a file.

    Attributes:
        path: The file or folder, without the part's name.
        tensors: By their names in it.
        meta: The ``meta`` of a checkpoint of training, else empty.
        part: Where in the file the tensors lie, e.g. ``state_dict``; empty: at the top.
        prefix: What was asked for beyond the part: the names' beginning.
        others: Further parts with tensors.
        skipped: Classes of the part's entries that are not tensors.
    """

    path: Path
    tensors: Mapping[str, Tensor]
    meta: Mapping[str, Any]
    part: str = ""
    prefix: str = ""
    others: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()

    def choice(self) -> str:
        """Say which part was taken and how to take another; empty where there is no other."""
        if not self.others:
            return ""
        kind = " (an average over the training)" if _last(self.part) in AVERAGED else ""
        return (
            f"{self.path}: took the weights in {self.part or 'its top level'!r}{kind}; it also holds "
            f"{listing(self.others)}. To take those: {self.path}#{self.others[0]}"
        )


def read_weights(path: str | Path) -> WeightFile:
    """Read the tensors of a file or folder without running code that may be in it.

    Args:
        path: What ``torch.save``, ``pickle.dump`` or safetensors wrote, a folder of transformers or
            open_clip, or the index of one; ``FILE#PART`` takes a part by name, ``FILE#PREFIX`` or
            ``FILE#PART.PREFIX`` the tensors whose names begin so.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged, was made to run code, or does not say which weights are meant.
    """
    file, wanted = _split(path)
    if file.is_dir():
        file = _file_of_folder(file)
    if file.name.endswith(".index.json"):
        return WeightFile(file, _read_shards(file), {}, prefix=wanted)
    if not file.is_file():
        raise FileNotFoundError(missing_file(file))
    if file.suffix == ".safetensors":
        return WeightFile(file, _read_safetensors(file), {}, prefix=wanted)
    content = _read_content(file)
    parts = dict(_parts(content))
    part, prefix = _choose(parts, wanted, file, content)
    entries = parts.get(part, {})
    meta = content.get("meta") if isinstance(content, Mapping) else None
    return WeightFile(
        path=file,
        tensors=_load(entries, file),
        meta=meta if isinstance(meta, Mapping) else {},
        part=part,
        prefix=prefix,
        others=tuple(name for name in parts if name != part and _has_swin(parts[name])),
        skipped=tuple(sorted({v.kind[:80] for v in entries.values() if isinstance(v, Opaque)})),
    )


def read_tensors(path: str | Path) -> tuple[dict[str, Tensor], Mapping[str, Any]]:
    """Read a file's tensors by name, and its ``meta``; arguments and errors of read_weights."""
    file = read_weights(path)
    return dict(file.tensors), file.meta


def weights_exist(path: str | Path) -> bool:
    """Whether there is the file or folder of ``FILE`` or ``FILE#PART``."""
    return _split(path)[0].exists()


def _split(path: str | Path) -> tuple[Path, str]:
    """Split ``FILE#PART``; a file may have the sign in its own name."""
    if Path(path).exists() or "#" not in str(path):
        return Path(path), ""
    file, _, part = str(path).rpartition("#")
    return Path(file), part.strip(".")


def _file_of_folder(folder: Path) -> Path:
    found = next((folder / name for name in _FOLDER_FILES if (folder / name).is_file()), None)
    if found is None:
        raise FileNotFoundError(
            f"folder {folder} holds none of {', '.join(_FOLDER_FILES)}. Name the file with the weights"
        )
    return found


def _read_shards(index: Path) -> dict[str, Tensor]:
    """Read the files that an index of transformers lists, which lie beside it."""
    try:
        places = json.loads(read_text(index))["weight_map"]
        files = {name: Path(file).name for name, file in places.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{index} is not an index of weights ('weight_map'): {error}") from error
    absent = [name for name in sorted(set(files.values())) if not (index.parent / name).is_file()]
    if absent:
        raise FileNotFoundError(
            f"{index} lists {counted(len(set(files.values())), 'file')}, of which {len(absent)} are "
            f"not beside it: {listing(absent)}. Fetch them"
        )
    tensors: dict[str, Tensor] = {}
    for name in sorted(set(files.values())):
        tensors |= read_weights(index.parent / name).tensors
    lost = [name for name in files if name not in tensors]
    if lost:
        raise ValueError(
            f"{index} lists {counted(len(lost), 'tensor')} that its files do not hold: {listing(lost)}"
        )
    return tensors


def _read_safetensors(file: Path) -> dict[str, Tensor]:
    try:
        return load_file(file)
    except SafetensorError as error:
        raise ValueError(f"{file} is truncated or damaged: {error}. Fetch it anew") from error


def _read_content(file: Path) -> object:
    """Read a file as torch does, and what torch refuses or does not know, by the hub's reader."""
    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except PermissionError:
        raise
    except Exception:  # torch's reader ends in any kind of error
        try:
            return read_inert(file)
        except ForbiddenName as error:
            raise ValueError(
                f"checkpoint {file} is refused: it names {_printable(error)}, which runs code and has "
                "no place among weights. Do not load it with anything else either"
            ) from error
        except ValueError as error:
            raise ValueError(
                f"checkpoint {file} is truncated or damaged, or not a file of weights "
                f"({file.stat().st_size:,} bytes): {_printable(error)}. "
                "The hub reads what torch.save, pickle.dump and safetensors write"
            ) from error


def _parts(content: object, place: str = "", depth: int = 0) -> Iterator[tuple[str, Mapping]]:
    """Yield the parts of a file that hold tensors by name, with their place."""
    if not isinstance(content, Mapping):
        return
    named = {key: value for key, value in content.items() if isinstance(key, str)}
    if any(isinstance(value, Stored) for value in named.values()):
        yield place, named
    if depth < _DEPTH:
        for key, value in named.items():
            if not key.startswith(_NOT_WEIGHTS):
                yield from _parts(value, f"{place}.{key}" if place else key, depth + 1)


def _choose(
    parts: Mapping[str, Mapping], wanted: str, file: Path, content: object
) -> tuple[str, str]:
    """Choose a part: the one that is asked for, else the trained network, else the average.

    Returns:
        The part, and the beginning of names that was asked for.
    """
    if not parts:
        raise ValueError(f"{file} holds no tensor under a name: {_instead(content)}")
    for part in sorted(parts, key=len, reverse=True):
        if part and (wanted == part or wanted.startswith(f"{part}.")):
            return part, wanted[len(part) + 1 :]
    networks = [name for name in parts if _has_swin(parts[name])] or list(parts)
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
    """Order parts: trained networks by the order of the list, the top level, averages, others."""
    names = part.split(".")
    if part and all(name in TRAINED for name in names):
        return 0, TRAINED.index(names[0])
    return (1 if not part else 2 if names[-1] in AVERAGED else 3), 0


def _last(part: str) -> str:
    return part.rpartition(".")[2]


def _has_swin(entries: Mapping[str, Any]) -> bool:
    return any(name.endswith("relative_position_bias_table") for name in entries)


def _load(entries: Mapping[str, Any], file: Path) -> dict[str, Tensor]:
    tensors = {}
    for name, value in entries.items():
        if isinstance(value, Stored):
            try:
                tensors[name] = value if isinstance(value, Tensor) else value.load()
            except _DAMAGE as error:
                raise ValueError(
                    f"checkpoint {file} is truncated or damaged at {_printable(name)}: "
                    f"{_printable(error)}. Fetch it anew"
                ) from error
    return tensors


def _instead(content: object) -> str:
    if isinstance(content, Opaque):
        return (
            f"it is a whole object of class {_printable(content.kind)}. Where that class is, load it "
            "and save its state_dict() with torch.save"
        )
    if isinstance(content, Mapping):
        keys = [_printable(repr(key)) for key in content]
        return f"its keys are {listing(keys) or '(none)'}"
    return f"it is a {type(content).__name__}"


def _printable(value: object) -> str:
    """A text out of a file, fit for a message: one line, 200 characters at most."""
    return "".join(c if c.isprintable() else "?" for c in str(value))[:200]
