"""Everything that a run would stumble over later, found before it starts and said at once."""

import glob
import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.model import BaseModel

from iclip.checkpoints import weights_exist
from iclip.engine.class_table_checks import class_table_problems
from iclip.engine.launch import Launch, launch_problems
from iclip.engine.reader_checks import reader_problems
from iclip.findings import Findings
from iclip.registry import MODELS

DATA_VARIABLE = "ICLIP_DATA"
DEFAULT_DATA_ROOT = "data"
# Where a config names data.
DATA_SECTIONS = ("model", "train_dataloader", "val_dataloader", "val_evaluator")
# How many missing paths one message lists.
LISTED_PATHS = 8
# Where a path stops naming one file: globs, and img2dataset's shard ranges {00000..00031}.
PATTERN = re.compile(r"[*?\[{]")


DataCheck = Callable[[Config], Findings]


class NotReadyError(ValueError):
    """A run cannot start on this machine as it is; the message says all that is missing."""


def check_ready(
    cfg: Config,
    launch: Launch,
    environment: Mapping[str, str],
    data_checks: Sequence[DataCheck] = (),
) -> None:
    """Raise one message with everything that is missing: GPUs, machines, data, the model's type.

    Args:
        cfg: The run's config.
        launch: Its processes.
        environment: The process's environment.
        data_checks: What reads the data's contents, on one process only.

    Raises:
        NotReadyError: Something is missing.
    """
    problems = launch_problems(launch, environment)
    first = _is_first_process(environment)
    absent = data_problems(cfg, data_root(environment))
    problems += absent
    if first and not absent:  # what is not there needs no reader
        problems += reader_problems(cfg, DATA_SECTIONS) + class_table_problems(cfg)
    # A problem of the config itself is none that a smaller run would solve.
    hint = small_run_hint(Path(cfg.filename)) if problems and cfg.filename else ""
    problems += model_problems(cfg) + checkpoint_problems(cfg)
    if first:  # LVIS's training file takes gigabytes while it is read
        for check in data_checks:
            found = check(cfg)
            problems += found.problems
            _say(found)
    if problems:
        what = f"{cfg.filename or 'This config'} cannot run here yet; "
        count = "1 thing is" if len(problems) == 1 else f"{len(problems)} things are"
        numbered = [f"  {number}. {text}" for number, text in enumerate(problems, start=1)]
        raise NotReadyError("\n".join(filter(None, [f"{what}{count} missing:", *numbered, hint])))


def _say(found: Findings) -> None:
    """Say what was read and what a run passes over."""
    for place, summary in found.read.items():
        print_log(f"Data, {place}: {summary}", logger="current")
    for note in found.notes:
        print_log(note, logger="current", level=logging.WARNING)


def _is_first_process(environment: Mapping[str, str]) -> bool:
    return environment.get("RANK", environment.get("SLURM_PROCID", "0")) == "0"


def data_root(environment: Mapping[str, str]) -> Path:
    """The folder of the data that configs are read with."""
    return Path(environment.get(DATA_VARIABLE, DEFAULT_DATA_ROOT))


def data_problems(cfg: Config, root: Path) -> list[str]:
    """Say which data of the config is absent.

    A path of the data is any string of the config's data sections that is absolute or lies below
    the data root.

    Args:
        cfg: The config.
        root: The data root, as the config was read with it.
    """
    paths: dict[str, str] = {}
    for section in DATA_SECTIONS:
        for path, place in data_paths(cfg.get(section), section, root):
            paths.setdefault(path, place)
    absent = {path: place for path, place in paths.items() if not _is_there(path)}
    if not absent:
        return []
    named = [f"       {path}  ({place})" for path, place in list(absent.items())[:LISTED_PATHS]]
    if len(absent) > LISTED_PATHS:
        named.append(f"       and {len(absent) - LISTED_PATHS} more")
    advice = f"     Put it there, or set {DATA_VARIABLE} to the folder that holds it"
    if not root.is_dir() and any(_is_below(path, root) for path in absent):
        title = f"Data: the data root '{root}' does not exist; the config reads"
    else:
        title = "Data: these do not exist or are empty"
    return ["\n".join([title, *named, advice])]


def data_paths(node: Any, place: str, root: Path) -> Iterator[tuple[str, str]]:
    """List the paths of the data in a part of a config, each with its place."""
    for place_of_text, text in _strings(node, place):
        if os.path.isabs(text) or _is_below(text, root):
            yield text, place_of_text


def model_problems(cfg: Config) -> list[str]:
    """Say whether the model's type is unknown, and which methods there are."""
    name = cfg.get("model", {}).get("type")
    own = cfg.get("default_scope") == "iclip" and isinstance(name, str) and "." not in name
    if not own or MODELS.get(name) is not None:
        return []
    methods = sorted(
        key
        for key, value in MODELS.module_dict.items()
        if isinstance(value, type) and issubclass(value, BaseModel)
    )
    return [f"Method: model.type is {name!r}; there are {', '.join(methods)}"]


def checkpoint_problems(cfg: Config) -> list[str]:
    """Say whether the backbone's weights of a downstream task are absent."""
    checkpoint = cfg.get("model", {}).get("backbone", {}).get("checkpoint")
    if checkpoint is None or weights_exist(checkpoint):
        return []
    return [
        f"Weights: there is no file {checkpoint} (model.backbone.checkpoint). Name one with "
        "--checkpoint FILE or ICLIP_CHECKPOINT, or start from scratch with the config that has "
        "'scratch' in its name"
    ]


def small_run_hint(config: Path) -> str:
    """Name a config that runs on a CPU, if the config lies in a folder of them."""
    folder = next((parent for parent in config.parents if parent.name == "configs"), None)
    small = sorted((folder / "micro").glob("*.py")) if folder else []
    toy = "tools/make_toy_data.py draws the data of configs/micro"
    if not small or config.parent.name == "micro":
        return toy
    choice = next((file for file in small if "iclip" in file.stem), small[0])
    return f"A small run of the same code, on a CPU: {toy}, then tools/pretrain.sh {choice}"


def _strings(node: Any, place: str) -> Iterator[tuple[str, str]]:
    """All strings of a nested config, with the place as one would write it in --cfg-options."""
    if isinstance(node, str):
        yield place, node
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from _strings(value, f"{place}.{key}")
    elif isinstance(node, list | tuple):
        for index, value in enumerate(node):
            yield from _strings(value, f"{place}.{index}")


def _is_below(path: str, root: Path) -> bool:
    return Path(path) == root or root in Path(path).parents


def _is_there(path: str) -> bool:
    pattern = PATTERN.search(path)
    if pattern and "{" not in path:
        return bool(glob.glob(path))
    if pattern:
        path = os.path.dirname(path[: pattern.start()])
    return os.path.isfile(path) or (os.path.isdir(path) and any(os.scandir(path)))
