"""Everything that would stop a run later is reported before its start, in one message."""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.model import BaseModel

from iclip.checkpoints import weights_exist
from iclip.data_root import data_root
from iclip.engine.compiled_towers import compile_problems
from iclip.engine.start.class_table_checks import class_table_problems
from iclip.engine.start.data_paths import DATA_SECTIONS, WEIGHTS, data_problems
from iclip.engine.start.global_batch import batch_problems
from iclip.engine.start.launch import (
    Launch,
    count_ranks,
    launch_problems,
    launcher_problems,
    plan_launch,
)
from iclip.engine.start.reader_checks import reader_problems
from iclip.findings import Findings
from iclip.messages import listing
from iclip.ranks.this_rank import this_rank
from iclip.registry import MODELS
from iclip.results.expected import read_expected
from iclip.results.protocols import protocol_problem
from iclip.settings import get_setting, walk_settings
from iclip.text.new_class_setting import SETTING as NEW_CLASSES
from iclip.text.new_class_setting import read_new_classes

# How a model of open_clip's is named as a text tower.
_OPEN_CLIP = "open_clip:"

DataCheck = Callable[[Config], Findings]


class NotReadyError(ValueError):
    """A run cannot start on this machine as it is; the message lists everything that is missing."""


def check_start(
    cfg: Config,
    gpus: str | None,
    device: str | None,
    data_checks: Sequence[DataCheck],
    max_restarts: int = 0,
    trains: bool = False,
) -> Launch:
    """Plan the processes of a run and check that nothing is missing.

    Args:
        cfg: The run's config; ``launcher`` says who starts the processes.
        gpus: See :func:`~iclip.engine.start.launch.plan_launch`.
        device: ``'cuda'``, ``'cpu'``, or None for the GPUs, if there are any.
        data_checks: See :func:`check_ready`.
        max_restarts: See :class:`~iclip.engine.start.launch.Launch`.
        trains: See :func:`check_ready`.

    Raises:
        NotReadyError: Something is missing.
    """
    if cfg.launcher == "none":
        launch = replace(plan_launch(gpus, device, os.environ, max_restarts), listens=trains)
    else:
        launch = Launch(this_rank().local_world_size, device or "cuda")
    check_ready(cfg, launch, os.environ, data_checks, trains)
    return launch


def check_ready(
    cfg: Config,
    launch: Launch,
    environment: Mapping[str, str],
    data_checks: Sequence[DataCheck] = (),
    trains: bool = False,
) -> None:
    """Raise one message with everything that is missing: GPUs, machines, data, the model's type.

    Args:
        cfg: The run's config.
        launch: Its processes.
        environment: The process's environment.
        data_checks: Checks that read the data, called on the first process only.
        trains: Whether the run trains, so that its processes have to share a batch, and the
            weights that it starts from have to be there.

    Raises:
        NotReadyError: Something is missing.
    """
    missing_data = data_problems(cfg, data_root(environment))
    problems = launcher_problems(cfg.get("launcher", "none"), environment)
    problems += launch_problems(launch, environment) + missing_data
    is_first = this_rank(environment).is_first
    # Readers would only repeat which files are missing.
    if is_first and not missing_data:
        problems += reader_problems(cfg, DATA_SECTIONS) + class_table_problems(cfg)
    # The hint is for what this machine lacks; a smaller run has the config's own faults as well.
    hint = small_run_hint(Path(cfg.filename)) if problems and cfg.filename else ""
    if trains:
        ranks = count_ranks(cfg.get("launcher", "none"), launch, environment)
        problems += batch_problems(cfg, ranks, launch.device)
        # A test takes the whole model from its checkpoint, not what the training started from.
        problems += checkpoint_problems(cfg)
    problems += model_problems(cfg)
    problems += checkpointing_problems(cfg) + compile_problems(cfg, launch.device)
    problems += report_setting_problems(cfg)
    # LVIS's training file takes gigabytes of memory while it is read: not on every rank.
    for check in data_checks if is_first else ():
        found = check(cfg)
        problems += found.problems
        _log(found)
    if problems:
        count = "1 thing is" if len(problems) == 1 else f"{len(problems)} things are"
        title = f"{cfg.filename or 'This config'} cannot run here yet; {count} missing:"
        numbered = [f"  {number}. {text}" for number, text in enumerate(problems, start=1)]
        raise NotReadyError("\n".join(filter(None, [title, *numbered, hint])))


def model_problems(cfg: Mapping[str, Any]) -> list[str]:
    """Say whether the model's type is unknown, and which methods there are."""
    name = get_setting(cfg, "model.type")
    may_be_own = cfg.get("default_scope") == "iclip" and isinstance(name, str) and "." not in name
    if not may_be_own or MODELS.get(name) is not None:
        return []
    methods = sorted(
        key
        for key, value in MODELS.module_dict.items()
        if isinstance(value, type) and issubclass(value, BaseModel)
    )
    return [f"Method: model.type is {name!r}; there are {', '.join(methods)}"]


def report_setting_problems(cfg: Mapping[str, Any]) -> list[str]:
    """Say what is wrong with the settings that the report reads once the run has ended."""
    problems = []
    try:
        read_expected(cfg)
    except ValueError as error:
        problems.append(f"Setting: {error}")
    if (problem := protocol_problem(cfg.get("protocol"))) is not None:
        problems.append(f"Setting: {problem}")
    try:
        read_new_classes(cfg)
    except ValueError as error:
        problems.append(f"Setting: {NEW_CLASSES}: {error}")
    return problems


def checkpointing_problems(cfg: Mapping[str, Any]) -> list[str]:
    """Say whether the config asks for mmengine's checkpointing of activations."""
    modules = cfg.get("activation_checkpointing")
    if not modules:
        return []
    return [
        f"Setting: activation_checkpointing={modules!r} would freeze, without a word, each module "
        "whose inputs need no gradient, such as a text tower or a whole backbone: mmengine's "
        "checkpointing is reentrant. Leave it out and set model.backbone.with_cp=True or 'cheap'; "
        "for texts, model.text_chunks=dict(kept_tokens=N) says beyond how many tokens activations "
        "are computed again"
    ]


def checkpoint_problems(cfg: Mapping[str, Any]) -> list[str]:
    """Say which weights of a downstream task are missing: the backbone's, a text tower's."""
    missing: dict[str, list[str]] = {}
    problems = []
    for key, value in walk_settings(cfg.get("model"), "model"):
        # Libraries fetch what they name: a URL, torchvision://resnet50, open_clip:ViT-B-16.
        is_file = isinstance(value, str) and "://" not in value and _OPEN_CLIP not in value
        if not key.endswith(WEIGHTS) or not is_file:
            continue
        try:
            if not weights_exist(value):
                missing.setdefault(value, []).append(key)
        except (OSError, ValueError) as error:  # of a model on a hub
            problems.append(f"Weights: {error} ({key})")
    return problems + [
        f"Weights: there is no file {file} ({listing(keys, 3)}). Name one with --checkpoint FILE "
        "or ICLIP_CHECKPOINT, or start from scratch with the config that has 'scratch' in its name"
        for file, keys in missing.items()
    ]


def small_run_hint(config: Path) -> str:
    """Say how to run the same code in small: which data to draw, and which micro config to train.

    Only the data are named if the config is a micro one itself, or if there is none.
    """
    folder = next((parent for parent in config.parents if parent.name == "configs"), None)
    small = sorted((folder / "micro").glob("*.py")) if folder else []
    toy = "tools/make_toy_data.py draws the data of configs/micro"
    if not small or config.parent.name == "micro":
        return toy
    choice = next((file for file in small if "iclip" in file.stem), small[0])
    return f"A small run of the same code, on a CPU: {toy}, then tools/pretrain.sh {choice}"


def _log(found: Findings) -> None:
    """Log what was read and what a run leaves out."""
    for place, summary in found.read.items():
        print_log(f"Data, {place}: {summary}", logger="current")
    for note in found.notes:
        print_log(note, logger="current", level=logging.WARNING)
