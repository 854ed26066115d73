"""Why a checkpoint cannot be read: absent, damaged, made to run code, or of other versions."""

import pickle
from pathlib import Path

import torch

from iclip import __version__
from iclip.checkpoints.integrity import find_damage
from iclip.checkpoints.torch_files import is_archive, read_inert
from iclip.messages import first_line, listing, printable

# Names that a message lists, of each kind.
MAX_LISTED = 5


def missing_file(path: Path) -> str:
    """Return a message: there is no such file, and which checkpoints its folder has."""
    if path.is_dir():
        inside = sorted(file.name for file in path.glob("*.pth"))
        what = f"name one of {listing(inside, MAX_LISTED)}" if inside else "it holds none (*.pth)"
        return f"checkpoint {path} is a folder; {what}"
    others = sorted(file.name for file in path.parent.glob("*.pth"))
    there = f"its folder has {listing(others, MAX_LISTED)}"
    return f"checkpoint {path} does not exist; " + (
        there if others else f"{path.parent} holds no checkpoint (*.pth)"
    )


def foreign_model(name: str | Path) -> str:
    """Return a message: a hub's model is of another library."""
    return (
        f"{name} is not a model of this hub: its config.json does not say how it was built "
        "(iclip push writes that). Backbones of others are read with --checkpoint of a training"
    )


def why_unreadable(path: Path, error: Exception) -> str:
    """Return a message: the file is damaged, would run code, or is of other versions."""
    # Only archives have checksums. Of other formats, torch says what it can.
    has_checksums = is_archive(path)
    damage = find_damage(path) if has_checksums else None
    is_refused = isinstance(error, pickle.UnpicklingError)
    if damage is None and is_refused:
        return _refusal(path)
    if damage is None and has_checksums:
        return (
            f"checkpoint {path} is not damaged, its checksums are right, but these versions "
            f"cannot read it: {first_line(error)}. {_written_by(path)}"
        )
    return (
        f"checkpoint {path} is truncated or damaged ({path.stat().st_size:,} bytes): "
        f"{damage or first_line(error)}. Use an earlier iter_*.pth from the same folder"
    )


def without_memory(path: Path) -> str:
    """Return a message: reading the file takes more memory than there is, or it says so."""
    return (
        f"checkpoint {path} ({path.stat().st_size:,} bytes) asks for more memory than there is: it "
        "is damaged, or too large for this machine"
    )


def _written_by(path: Path) -> str:
    """Say which versions wrote a file that these cannot read, as far as it states them."""
    try:
        content = read_inert(path)
    except ValueError:
        content = None
    meta = content.get("meta") if isinstance(content, dict) else None
    if not isinstance(meta, dict) or "iclip_version" not in meta:
        return "It does not say what wrote it"
    versions = meta.get("versions")
    wrote = versions.get("torch") if isinstance(versions, dict) else None
    return (
        f"iclip {printable(str(meta['iclip_version']))} with torch {printable(str(wrote))} wrote "
        f"it, here are iclip {__version__} and torch {torch.__version__}"
    )


def _refusal(path: Path) -> str:
    """Return a message: reading the file could run code, and whose, where torch can tell."""
    names = []
    if is_archive(path):
        names = sorted(torch.serialization.get_unsafe_globals_in_checkpoint(path))
    if names:
        return (
            f"checkpoint {path} is refused: reading it would run code of "
            f"{listing(names, MAX_LISTED)}. A checkpoint written by this project holds tensors "
            f"and plain values only. {_written_by(path)}. To keep a Swin's weights alone: python "
            f"tools/export.py {path} --layout iclip --out NEW.pth"
        )
    # torch's own message recommends weights_only=False, which would run the code.
    return (
        f"checkpoint {path} is refused: it is not a checkpoint, or holds more than tensors and "
        "plain values, and reading that could run code"
    )
