r"""Index the data of a config, or of folders, before the first run that reads them.

The first run would do it otherwise, on fewer cores and while its GPUs wait. Each shard gets an
index, and all shards of a data set a joint one; of a thousand class folders or more, the images are
listed once. What is done stays if this is stopped, and is done again only where files change.

    python tools/index_data.py configs/iclip_swinb.py
    python tools/index_data.py data/laion400m 'data/yfcc/{00000..01399}.tar'
    python tools/index_data.py data/in22k/images --images     # tars or folders, one per class
"""

import argparse
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any

from iclip.commands.command_line import CommandFailed
from iclip.commands.options import add_config_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "places", nargs="+", metavar="CONFIG|PLACE",
        help="a config (.py), or shards as ImageTextPairs(shards=...) takes them",
    )  # fmt: skip
    parser.add_argument(
        "--images", action="store_true", help="the places hold a folder or a tar per class"
    )
    parser.add_argument("--text-extension", default="txt", metavar="E", help="default: txt")
    parser.add_argument("--image-extension", metavar="E", help="default: any image extension")
    parser.add_argument(
        "--index-folder", metavar="DIR",
        help="folder of the indices, as index_folder of the data set (default: beside the data)",
    )  # fmt: skip
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, metavar="N",
        help="shards at a time, each in a process (default: one per core, %(default)s here)",
    )  # fmt: skip
    add_config_options(parser)


def run(args: argparse.Namespace) -> None:
    """Index everything, and name all damaged shards at the end.

    Raises:
        CommandFailed: Some shards are damaged or cannot be read.
        OSError: Something is missing, or an index cannot be written.
        ValueError: An option is outside its range, or a config names nothing to index.
    """
    from iclip.datasets.readers.shard_index import DamagedShards

    if args.workers < 1:
        raise ValueError(f"--workers {args.workers} is not allowed: give 1 or more")
    problems: list[str] = []
    # A forked server imports the hub once; the processes that it forks have no threads of torch's.
    context = get_context("forkserver")
    context.set_forkserver_preload(["iclip.datasets.readers.shard_index"])
    with ProcessPoolExecutor(args.workers, context) as processes:
        for name, reader, settings in list(_data_sets(args)):
            print(f"{name}: {reader.__name__}", flush=True)
            try:
                reader.index_files(settings, processes, args.workers)
            except DamagedShards as error:
                problems += error.problems
            except KeyError as error:
                raise ValueError(f"{name} ({reader.__name__}) lacks the setting {error}") from error
            except BrokenProcessPool as error:
                raise CommandFailed(
                    "a process was killed, most likely because memory ran out: try again with "
                    "fewer --workers; what is indexed stays"
                ) from error
    if problems:
        raise CommandFailed(
            "\n".join([f"{len(problems):,} cannot be indexed, all others are:", *problems])
        )
    print("everything is indexed")


def _data_sets(args: argparse.Namespace) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Yield each data set once: a name for a person, its reader, its settings."""
    seen: list[tuple[Any, Mapping[str, Any]]] = []
    for place in args.places:
        found = list(
            _of_config(place, args.cfg_options) if _is_config(place) else _of_place(place, args)
        )
        if not found:
            raise ValueError(f"{place} names no data set whose files are indexed")
        for name, reader, settings in found:
            if (reader, settings) not in seen:
                seen.append((reader, settings))
                yield name, reader, settings


def _is_config(place: str) -> bool:
    return place.endswith(".py") and not os.path.isdir(place)


def _of_config(
    place: str, changes: Mapping[str, Any]
) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    from iclip.datasets.indexed_source import IndexedSource
    from iclip.engine.start.config_files import read_config
    from iclip.engine.start.config_options import merge_options
    from iclip.engine.start.data_paths import DATA_SECTIONS
    from iclip.registry import DATASETS, own_type
    from iclip.settings import walk_settings

    cfg = read_config(place)
    merge_options(cfg, dict(changes))
    for section in DATA_SECTIONS:
        for key, settings in walk_settings(cfg.get(section), section):
            reader = own_type(DATASETS, settings.get("type")) if hasattr(settings, "get") else None
            if isinstance(reader, type) and issubclass(reader, IndexedSource):
                # What else a data set is given, such as its transform, does not matter here.
                names = reader.index_settings
                yield key, reader, {name: settings[name] for name in names if name in settings}


def _of_place(place: str, args: argparse.Namespace) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    from iclip.datasets import ImageTextPairs, LabelledImages

    if args.images:
        yield place, LabelledImages, {"root": place, "index_folder": args.index_folder}
        return
    settings = {
        "shards": place,
        "text_extension": args.text_extension,
        "image_extension": args.image_extension,
        "index_folder": args.index_folder,
    }
    yield place, ImageTextPairs, settings
