"""Read the tensors of any file or folder that holds weights.

Files of other projects hold more than weights: arguments, configs, optimizers, and often the same
network twice, as trained and averaged over the training (EMA). Entries that are not tensors are
skipped. Of several parts with tensors, one is taken: by a fixed rule (see
:mod:`~iclip.checkpoints.weight_parts`) or by its name, ``FILE#PART``.
"""

import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from iclip.checkpoints.hub_files import local_path
from iclip.checkpoints.inert_pickle import ForbiddenName, Opaque
from iclip.checkpoints.model_folders import CONFIG, is_model_folder, read_model_folder
from iclip.checkpoints.stored_tensors import StoredArray, StoredTensor
from iclip.checkpoints.torch_files import read_inert
from iclip.checkpoints.unreadable_files import missing_file, without_memory
from iclip.checkpoints.weight_folders import INDEX_SUFFIX, file_of_folder, files_of_index
from iclip.checkpoints.weight_parts import (
    choose_part,
    find_parts,
    has_swin,
    is_average,
    printable,
)
from iclip.messages import counted, listing

# What reading a truncated or altered storage raises.
_DAMAGE = (ValueError, KeyError, RuntimeError, EOFError, struct.error, zipfile.BadZipFile)


@dataclass(frozen=True)
class WeightFile:
    """What was taken from a file.

    Attributes:
        path: The file or folder, without the part's name.
        tensors: The tensors, by their names in the file.
        meta: The ``meta`` of a training checkpoint; empty for other files.
        part: The place of the tensors in the file, e.g. ``state_dict``; empty: the top level.
        prefix: What the wanted names begin with, if ``path`` said so.
        others: Places of further parts that hold a Swin.
        skipped: Names of the classes of the part's entries that are not tensors.
    """

    path: Path
    tensors: Mapping[str, Tensor]
    meta: Mapping[str, Any]
    part: str = ""
    prefix: str = ""
    others: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()

    def choice(self) -> str:
        """Return a line on the part that was taken and what was skipped; empty if all was taken."""
        told = []
        if self.others or is_average(self.part):
            kind = ", an average over the training" if is_average(self.part) else ""
            told.append(f"took {self.part or 'the top level'!r}{kind}")
        if self.others:
            told.append(
                f"it also holds {listing(self.others)} (take it with {self.path}#{self.others[0]})"
            )
        if self.skipped:
            told.append(f"skipped entries that are not tensors: {listing(self.skipped, 3)}")
        return f"{self.path}: {'; '.join(told)}" if told else ""


def read_weights(path: str | Path) -> WeightFile:
    """Read the tensors of a file or folder without running code that may be in it.

    Args:
        path: A file of ``torch.save``, ``pickle.dump`` or safetensors, a folder of transformers or
            open_clip, or the index in one; a model's folder, or its name on a hub
            (:mod:`iclip.checkpoints.hub_files`). ``FILE#PART`` takes a part by its name;
            ``FILE#PREFIX`` and ``FILE#PART.PREFIX`` state what the wanted tensors' names begin
            with.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged, was made to run code, or holds several sets of weights of which
            ``path`` names none.
    """
    file, wanted = _split(local_path(path))
    if is_model_folder(file):
        model = read_model_folder(file)
        return WeightFile(file / CONFIG, model["state_dict"], model["meta"], prefix=wanted)
    if file.is_dir():
        file = file_of_folder(file)
    if file.name.endswith(INDEX_SUFFIX):
        return WeightFile(file, _read_shards(file), {}, prefix=wanted)
    if not file.is_file():
        raise FileNotFoundError(missing_file(file))
    if file.suffix == ".safetensors":
        return WeightFile(file, _read_safetensors(file), {}, prefix=wanted)
    content, meta = _read_content(file)
    parts = find_parts(content)
    part, prefix = choose_part(parts, wanted, file, content)
    entries = parts.get(part, {})
    return WeightFile(
        path=file,
        tensors=_load(entries, file),
        meta=meta,
        part=part,
        prefix=prefix,
        others=tuple(name for name in parts if name != part and has_swin(parts[name])),
        skipped=tuple(
            sorted({printable(v.kind) for v in entries.values() if isinstance(v, Opaque)})
        ),
    )


def read_tensors(path: str | Path) -> tuple[dict[str, Tensor], Mapping[str, Any]]:
    """Read a file's tensors by name, and its ``meta``; errors as for :func:`read_weights`."""
    file = read_weights(path)
    return dict(file.tensors), file.meta


def weights_exist(path: str | Path) -> bool:
    """Whether the file or folder of ``FILE`` or ``FILE#PART`` exists.

    A model of a hub is fetched; errors as for :func:`iclip.checkpoints.hub_files.local_path`.
    """
    return _split(local_path(path))[0].exists()


def _split(path: str | Path) -> tuple[Path, str]:
    """Split ``FILE#PART``; a file's own name may contain ``#``."""
    if Path(path).exists() or "#" not in str(path):
        return Path(path), ""
    file, _, part = str(path).rpartition("#")
    return Path(file), part.strip(".")


def _read_shards(index: Path) -> dict[str, Tensor]:
    """Read the files that an index of transformers lists, from the index's folder."""
    files = files_of_index(index)
    absent = [name for name in sorted(set(files.values())) if not (index.parent / name).is_file()]
    if absent:
        raise FileNotFoundError(
            f"{index} lists {counted(len(set(files.values())), 'file')}, of which {len(absent)} "
            f"are not beside it: {listing(absent)}. Download them"
        )
    tensors: dict[str, Tensor] = {}
    for name in sorted(set(files.values())):
        tensors |= read_weights(index.parent / name).tensors
    lost = [name for name in files if name not in tensors]
    if lost:
        raise ValueError(
            f"{index} lists {counted(len(lost), 'tensor')} that its files do not hold: "
            f"{listing(lost)}. Download them again"
        )
    return tensors


def _read_safetensors(file: Path) -> dict[str, Tensor]:
    try:
        return load_file(file)
    except SafetensorError as error:
        raise ValueError(f"{file} is truncated or damaged: {error}. Download it again") from error


def _read_content(file: Path) -> tuple[object, Mapping[str, Any]]:
    """Read a file with torch; if torch refuses it, with the hub's reader.

    Returns:
        The content, and ``meta`` if it is a training checkpoint that torch reads.
    """
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
    except PermissionError:
        raise
    except MemoryError as error:  # A damaged file may claim any length.
        raise ValueError(without_memory(file)) from error
    except Exception:  # torch's reader ends in any kind of error
        return _read_skipping(file), {}
    meta = content.get("meta") if isinstance(content, Mapping) else None
    return content, meta if isinstance(meta, Mapping) else {}


def _read_skipping(file: Path) -> object:
    """Read a file with the hub's reader, which skips what is not plain data."""
    try:
        return read_inert(file)
    except ForbiddenName as error:
        raise ValueError(
            f"checkpoint {file} is refused: it names {printable(error)}, which runs code and does "
            "not belong to weights. Do not load it with another program either"
        ) from error
    except ValueError as error:
        raise ValueError(
            f"checkpoint {file} is truncated or damaged, or not a file of weights "
            f"({file.stat().st_size:,} bytes): {printable(error)}. "
            "The hub reads what torch.save, pickle.dump and safetensors write"
        ) from error


def _load(entries: Mapping[str, Any], file: Path) -> dict[str, Tensor]:
    """Read the tensors among a part's entries; together, they have at most the file's bytes.

    Without this limit, a file of a few bytes could name the same numbers a million times.
    """
    left, seen = file.stat().st_size, set()  # bytes that may still be read; origins read so far
    tensors = {}
    for name, value in entries.items():
        if isinstance(value, Tensor):
            tensors[name] = value
        elif isinstance(value, StoredTensor | StoredArray):
            origin = value.storage if isinstance(value, StoredTensor) else value
            # Tensors that share a storage count once.
            left -= 0 if id(origin) in seen else origin.nbytes
            seen.add(id(origin))
            try:
                if left < 0:
                    raise ValueError("its tensors are larger than the file")
                tensors[name] = value.load()
            except _DAMAGE as error:
                raise ValueError(
                    f"checkpoint {file} is truncated or damaged at {printable(name)}: "
                    f"{printable(error)}. Download it again"
                ) from error
    return tensors
