"""A model as a folder of safetensors and JSON, as it lies on a hub: a checkpoint of many files.

``config.json`` holds, under ``iclip``, the ``meta`` of the checkpoint, the SHA-256 of each file,
and where each tensor lies. Other libraries' files in the folder hold most tensors already, by
other names: only what none of them holds is written once more, into ``iclip.safetensors``.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from iclip import __version__
from iclip.checkpoints.tuples_in_json import from_json_values, to_json_values
from iclip.files.atomic import write_atomically
from iclip.files.checksum import file_sha256
from iclip.files.text import read_text
from iclip.messages import listing

CONFIG = "config.json"
"""The file that describes the model; other libraries' keys may stand beside the hub's."""

SECTION = "iclip"
OWN_WEIGHTS = "iclip.safetensors"
# What stands in `meta` for the folder itself: a tokenizer's files lie in it.
HERE = "{folder}"

_LAYOUT = 1
_MOST_BYTES = 64 << 20  # of config.json; 21,841 class texts take 3 MB


class DamagedFolderError(ValueError):
    """A file of a model's folder is not what was written."""


def is_model_folder(path: str | Path) -> bool:
    """Whether a path is a folder whose ``config.json`` describes a model of the hub."""
    config = Path(path) / CONFIG
    if not config.is_file() or config.stat().st_size > _MOST_BYTES:
        return False
    try:
        content = json.loads(read_text(config))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and isinstance(content.get(SECTION), dict)


def write_own_part(
    folder: Path,
    weights: Mapping[str, Tensor],
    meta: Mapping[str, Any],
    others: Mapping[str, Mapping[str, Tensor]],
    files: Iterable[str] = (),
) -> dict[str, Any]:
    """Write the tensors that no other file holds; the rest is noted where it lies.

    Args:
        folder: Holds the other files.
        weights: All of the model's tensors by name, on the CPU.
        meta: As in a checkpoint, plain values.
        others: Tensors of other libraries' safetensors, by file and name.
        files: Names of further files in the folder that loading needs.

    Returns:
        What stands in ``config.json`` under :data:`SECTION`.

    Raises:
        OSError: The file could not be written.
    """
    places = _places(weights, others)
    own = {name: tensor for name, tensor in weights.items() if name not in places}
    if own:
        # safetensors takes no two tensors that share memory.
        copies = {name: tensor.contiguous().clone() for name, tensor in own.items()}
        write_atomically(folder / OWN_WEIGHTS, save(copies, metadata={"format": "pt"}))
    needed = {file for file, _ in places.values()} | ({OWN_WEIGHTS} if own else set()) | {*files}
    return {
        "layout": _LAYOUT,
        "iclip_version": __version__,
        "files": {name: file_sha256(folder / name) for name in sorted(needed)},
        "tensors_elsewhere": {name: list(place) for name, place in places.items()},
        "meta": to_json_values(meta),
    }


def _places(
    weights: Mapping[str, Tensor], others: Mapping[str, Mapping[str, Tensor]]
) -> dict[str, tuple[str, str]]:
    """Find the tensors that lie in another file with equal values: file and name there."""
    known: dict[tuple[Any, ...], list[tuple[str, str]]] = {}
    for file, tensors in others.items():
        for name, tensor in tensors.items():
            known.setdefault(_looks(tensor), []).append((file, name))
    found = {}
    for name, tensor in weights.items():
        same = (
            (file, other)
            for file, other in known.get(_looks(tensor), [])
            if torch.equal(others[file][other], tensor)
        )
        place = next(same, None)
        if place is not None:
            found[name] = place
    return found


def _looks(tensor: Tensor) -> tuple[Any, ...]:
    """Return what tells most tensors apart at once: form, type, and the first value's bits."""
    first = tensor.flatten()[:1].contiguous().view(torch.uint8).tolist()
    return (tuple(tensor.shape), tensor.dtype, tuple(first))


def files_of(config: Any, place: object) -> dict[str, str]:
    """Return the names of the files that a model needs besides ``config.json``, with their SHA-256.

    Args:
        config: Content of ``config.json``.
        place: Where it was read, for messages.

    Raises:
        ValueError: It is of another layout, or names a file outside its folder.
    """
    section = config[SECTION]
    if section.get("layout") != _LAYOUT:
        raise ValueError(
            f"{place} is of layout {section.get('layout')!r}, and this version of the hub "
            f"({__version__}) reads layout {_LAYOUT}: it was written by version "
            f"{section.get('iclip_version')}"
        )
    files = section.get("files")
    if not isinstance(files, dict) or not all(isinstance(sum_, str) for sum_ in files.values()):
        raise ValueError(f"{place} is damaged: iclip.files is not a mapping of names to SHA-256")
    outside = [name for name in files if Path(name).name != name or name in ("", ".", "..")]
    if outside:
        raise ValueError(
            f"{place} is refused: it names files outside its folder: {listing(outside, 3)}"
        )
    return files


def read_model_folder(folder: Path) -> dict[str, Any]:
    """Read a model's folder as a checkpoint, without running anything of it.

    Returns:
        ``state_dict`` and ``meta``.

    Raises:
        FileNotFoundError: A file of it is missing.
        ValueError: It is damaged.
    """
    place = folder / CONFIG
    config = json.loads(read_text(place))
    files = files_of(config, place)
    _check_files(folder, files)
    section = config[SECTION]
    try:
        meta = from_json_values(section["meta"])
        elsewhere = {
            str(name): (str(file), str(other))
            for name, (file, other) in section["tensors_elsewhere"].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ValueError(f"{place} is damaged: {error}. Fetch it again") from error
    if not isinstance(meta, dict):
        raise ValueError(f"{place} is damaged: iclip.meta is not a mapping. Fetch it again")
    return {"state_dict": _tensors(folder, files, elsewhere), "meta": _with_folder(meta, folder)}


def damage_of_folder(folder: Path) -> str | None:
    """Compare a model's files with their checksums; None if each is as it was written.

    Raises:
        ValueError: The folder is of another layout.
    """
    place = folder / CONFIG
    try:
        _check_files(folder, files_of(json.loads(read_text(place)), place))
    except (FileNotFoundError, DamagedFolderError) as error:
        return str(error)
    return None


def _check_files(folder: Path, files: Mapping[str, str]) -> None:
    """Compare the files with their checksums."""
    missing = [name for name in files if not (folder / name).is_file()]
    if missing:
        raise FileNotFoundError(
            f"{folder} lacks {listing(missing, 3)}, which its {CONFIG} names. Fetch it again"
        )
    wrong = [name for name, wanted in files.items() if file_sha256(folder / name) != wanted]
    if wrong:
        raise DamagedFolderError(
            f"{folder} is damaged: {listing(wrong, 3)} does not have the SHA-256 that its {CONFIG} "
            "names. Remove the folder and fetch it again"
        )


def _tensors(
    folder: Path, files: Mapping[str, str], elsewhere: Mapping[str, tuple[str, str]]
) -> dict[str, Tensor]:
    wanted: dict[str, dict[str, str]] = {}  # by file: names there, and the hub's
    for name, (file, other) in elsewhere.items():
        wanted.setdefault(file, {})[name] = other
    unlisted = [file for file in wanted if file not in files]
    if unlisted:
        raise ValueError(
            f"{folder / CONFIG} is damaged: it takes tensors of {listing(unlisted, 3)}, which it "
            "does not list"
        )
    tensors = {}
    try:
        for file, names in wanted.items():
            with safe_open(folder / file, framework="pt") as content:
                tensors.update({name: content.get_tensor(other) for name, other in names.items()})
        if OWN_WEIGHTS in files:
            with safe_open(folder / OWN_WEIGHTS, framework="pt") as content:
                tensors.update({name: content.get_tensor(name) for name in content.keys()})  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{folder} is damaged: {error}. Fetch it again") from error
    return tensors


def _with_folder(value: Any, folder: Path) -> Any:
    """Put the folder in where ``meta`` names it."""
    if isinstance(value, dict):
        return {key: _with_folder(entry, folder) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_with_folder(entry, folder) for entry in value)
    return str(folder) if value == HERE else value
