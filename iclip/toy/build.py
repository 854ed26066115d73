"""Draw a toy world into a folder, part by part; each part appears whole or not at all."""

import fcntl
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from iclip.files.atomic import remove_temporary_files, write_atomically
from iclip.progress import Progress
from iclip.toy import ade20k, kinetics, labelled, lvis, open_vocabulary, pairs, retrieval
from iclip.toy.class_text_files import bpe_vocabulary, write_class_text_tables
from iclip.toy.parallel import Workers, worker_pool
from iclip.toy.preview import encode_preview
from iclip.toy.world import FORMAT_VERSION, World, WorldConfig


@dataclass(frozen=True)
class WorldPart:
    """One data set of the world, in a folder of its own.

    Attributes:
        draw: (world, folder, *chunk) -> number of images or clips drawn; runs in a worker.
        chunks: The chunks that make up the part.
        total: Number of images or clips in all chunks.
        finish: Writes what remains after all chunks, such as an annotation file.
    """

    draw: Callable[..., int]
    chunks: Callable[[World], Sequence[tuple[Any, ...]]]
    total: Callable[[World], int]
    finish: Callable[[World, Path], None] = lambda world, folder: None


def _labelled_total(world: World) -> int:
    """Count the labelled images of training and validation."""
    config = world.config
    train = len(world.split("seen")) * config.labelled_per_class
    return train + len(world.categories) * config.val_per_class


PARTS: dict[str, WorldPart] = {
    "labelled": WorldPart(
        draw=labelled.write_folder, chunks=labelled.labelled_folders, total=_labelled_total
    ),
    "pairs": WorldPart(
        draw=pairs.write_shard, chunks=pairs.shard_numbers, total=lambda world: world.config.pairs
    ),
    "retrieval": WorldPart(
        draw=retrieval.write_images,
        chunks=retrieval.retrieval_chunks,
        total=lambda world: world.config.retrieval_images,
        finish=retrieval.write_karpathy_json,
    ),
    "lvis": WorldPart(
        draw=lvis.write_scenes,
        chunks=lvis.lvis_chunks,
        total=lambda world: world.config.lvis_train_images + world.config.lvis_val_images,
        finish=lvis.write_annotations,
    ),
    "ade20k": WorldPart(
        draw=ade20k.write_scenes,
        chunks=ade20k.ade20k_chunks,
        total=lambda world: world.config.ade20k_train_images + world.config.ade20k_val_images,
        finish=ade20k.write_object_info,
    ),
    "kinetics": WorldPart(
        draw=kinetics.write_clips,
        chunks=kinetics.kinetics_chunks,
        total=lambda world: world.config.kinetics_train_clips + world.config.kinetics_val_clips,
        finish=kinetics.write_lists,
    ),
    "open_vocabulary": WorldPart(
        draw=open_vocabulary.write_look_maps,
        chunks=ade20k.ade20k_chunks,
        total=lambda world: world.config.ade20k_train_images + world.config.ade20k_val_images,
        finish=open_vocabulary.write_lists_and_texts,
    ),
}
"""All data sets of a world, in the order in which they are drawn."""


def make_world(
    root: Path,
    config: WorldConfig,
    workers: int = 2,
    only: Sequence[str] = tuple(PARTS),
    say: Callable[[str], None] = print,
) -> None:
    """Draw what is missing of a world, and keep what a run with the same settings has drawn.

    Args:
        root: Folder of the world, such as `data/toy`.
        config: The settings.
        workers: Number of processes.
        only: Parts to draw, keys of `PARTS`. The settings, texts and preview are always written.
        say: Takes lines for the user.

    Raises:
        ValueError: A part is unknown, the folder holds a world of other settings or other files, or
            another process is drawing in it.
    """
    unknown = [name for name in only if name not in PARTS]
    if unknown:
        raise ValueError(f"--only {','.join(unknown)} is unknown: choose from {','.join(PARTS)}")
    world = World(config)
    root.mkdir(parents=True, exist_ok=True)
    with _lock(root), worker_pool(workers) as pool:
        _claim(root, world)
        remove_temporary_files(root)
        write_class_text_tables(world, root)
        _write_once(root / "bpe_vocabulary.json", lambda: bpe_vocabulary(world))
        for name in PARTS:
            if name not in only:
                continue
            if (root / name).is_dir():
                say(f"{name}: {root / name} is there with the same settings and is reused")
            else:
                _draw_part(root, name, world, pool)
        _write_once(root / "preview.png", lambda: encode_preview(world))
    say(f"the toy world is in {root}")


@contextmanager
def _lock(root: Path) -> Iterator[None]:
    """Keep other processes from drawing in the folder; the lock ends with the process.

    Raises:
        ValueError: Another process is drawing in it.
    """
    with (root / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ValueError(
                f"another process is drawing in --root {root}: wait for it, or give another folder"
            ) from error
        yield


def _claim(root: Path, world: World) -> None:
    """Check that the folder is empty or holds this world, and write `world.json`."""
    path = root / "world.json"
    if path.is_file():
        _check_same(root, json.loads(path.read_text()), world)
        return
    # A killed run may have left a part of world.json in a temporary file, named world.json.*.tmp.
    strangers = sorted(p.name for p in root.iterdir() if not p.name.startswith((".", "world.json")))
    if strangers:
        raise ValueError(
            f"--root {root} holds {', '.join(strangers[:5])} but no world.json: "
            "give an empty or new folder"
        )
    write_atomically(path, world.to_json())


def _check_same(root: Path, found: dict[str, Any], world: World) -> None:
    """Compare the version and the settings in a folder's `world.json` with those of this world."""
    old = {"version": found.get("version"), **found.get("config", {})}
    new = {"version": FORMAT_VERSION, **asdict(world.config)}
    changes = [
        f"{key} {old.get(key)!r} there, {new.get(key)!r} asked for"
        for key in new | old
        if old.get(key) != new.get(key)
    ]
    if changes:
        raise ValueError(
            f"--root {root} holds a toy world of other settings ({'; '.join(changes)}): "
            f"give another folder, or delete {root} to draw it anew"
        )


def _write_once(path: Path, content: Callable[[], bytes | str]) -> None:
    """Write a file unless it is there."""
    if not path.is_file():
        write_atomically(path, content())


def _draw_part(root: Path, name: str, world: World, pool: Workers) -> None:
    """Draw a part under a hidden name, then rename it: a part that is there is complete."""
    part, partial = PARTS[name], root / f".{name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        tasks = [(part.draw, (world, partial, *chunk)) for chunk in part.chunks(world)]
        pool.run(tasks, Progress(name, part.total(world)))
        part.finish(world, partial)
        partial.rename(root / name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
