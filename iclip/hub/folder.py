"""The folder that is pushed: one for the hub, timm, open_clip and transformers alike.

timm reads ``config.json`` and ``model.safetensors``, open_clip ``open_clip_config.json`` and
``open_clip_model.safetensors``, so one folder serves both, and one name on a hub. The hub's own
part stands in ``config.json``, too, and takes the tensors from their files.
"""

import json
from pathlib import Path

from iclip.checkpoints.model_folders import (
    CONFIG,
    SECTION,
    damage_of_folder,
    write_own_part,
)
from iclip.files.atomic import write_atomically, write_folder_atomically
from iclip.files.places import places_in
from iclip.hub.eval_results import eval_results
from iclip.hub.libraries import LibraryFiles, write_library_files
from iclip.hub.model_card import Card, model_card
from iclip.hub.pushed_model import PushedModel
from iclip.hub.tokenizer_files import with_tokenizer_here, write_tokenizer

CARD = "README.md"
_TEXTS = (".json", ".md", ".yaml", ".txt")


def write_folder(
    model: PushedModel, folder: Path, card: Card, repository: str | None = None
) -> LibraryFiles:
    """Write the folder, whole or not at all.

    Args:
        model: What is pushed.
        folder: Must not exist, or be empty.
        card: What the model card says besides what the model's file says.
        repository: ``org/name`` on a hub; None if the folder stays here.

    Returns:
        What other libraries find in it.

    Raises:
        FileExistsError: There is something in the folder.
        OSError: It could not be written.
        ValueError: A file would tell where things lie on this machine.
    """
    with write_folder_atomically(folder) as unfinished:
        libraries = _fill(model, unfinished, card, repository)
    return libraries


def _fill(model: PushedModel, folder: Path, card: Card, repository: str | None) -> LibraryFiles:
    tokenizer = write_tokenizer(model.stated_model, folder)
    meta = dict(model.meta)
    if tokenizer:
        meta["model"] = with_tokenizer_here(meta["model"])
    libraries = write_library_files(model, folder, repository)
    own = write_own_part(folder, model.weights, meta, libraries.tensors, tokenizer)
    config = {"library_name": "iclip", **libraries.config, SECTION: own}
    write_atomically(folder / CONFIG, json.dumps(config, indent=1, allow_nan=False) + "\n")
    write_atomically(folder / CARD, model_card(model, card, libraries, repository))
    for name, content in eval_results(card).items():
        write_atomically(folder / name, content)
    _check_texts(folder)
    return libraries


def check_folder(folder: Path) -> None:
    """Check a folder that was written before, whose card somebody may have edited.

    Raises:
        ValueError: A file is not what was written, or names a place of this machine.
    """
    damage = damage_of_folder(folder)
    if damage is not None:
        raise ValueError(f"{damage}. Nothing was pushed")
    _check_texts(folder)


def _check_texts(folder: Path) -> None:
    """Raise ValueError where a file names a place of this machine: what is pushed is public."""
    home = str(Path.home())
    for file in sorted(folder.rglob("*")):
        if file.suffix not in _TEXTS or file.name in ("tokenizer.json", "vocab.json", "merges.txt"):
            continue  # a vocabulary holds every string
        text = file.read_text(encoding="utf-8")
        found = places_in(text) or ([home] if len(home) > 1 and home in text else [])
        if found:
            raise ValueError(
                f"{file.name} would tell everybody of {found[0]!r}, a place on this machine. "
                "Nothing was written or sent"
            )
