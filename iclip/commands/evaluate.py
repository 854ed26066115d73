"""Evaluate a fine-tuned model on a data set of one's own.

    iclip evaluate W --data DIR
    iclip evaluate W/best.pth --data DIR --part test --tta --json figures.json

W is the folder of a fine-tuning, its file, or a model of a hub, hf-hub:org/name. DIR is recognized
as `iclip finetune` recognizes it; its classes are the model's by their names, in any order. The
metric is the fine-tuning's, a class at a time. With --gpus one process per GPU (it then runs itself
under torchrun).
"""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iclip.commands.options import add_launch_options, local_path
from iclip.commands.test import evaluate_config
from iclip.messages import counted, listing, printable
from iclip.ranks.this_rank import this_rank

if TYPE_CHECKING:
    from mmengine.config import Config

    from iclip.checkpoints.model_files import ModelFile
    from iclip.own_data import OwnData

# Settings of a recipe that a test does not read, and whose data need not be there.
_OF_TRAINING = (
    *("train_dataloader", "train_cfg", "optim_wrapper", "param_scheduler", "auto_scale_lr"),
    *("val_dataloader", "val_cfg", "val_evaluator"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "model", type=Path, metavar="W", help="a fine-tuned model, or hf-hub:org/name"
    )
    parser.add_argument("--data", type=local_path, required=True, metavar="DIR")
    parser.add_argument("--format", help="the data's format, where several could be meant")
    parser.add_argument(
        "--part", choices=("train", "val", "test"),
        help="of the data (default: test where they have it, else val)",
    )  # fmt: skip
    parser.add_argument("--tta", action="store_true", help="several views of each sample")
    parser.add_argument(
        "--work-dir", metavar="D",
        help="prepared data and logs (default: evaluated/<name of DIR>_<part> in W; of a hub's "
        "model, in work_dirs)",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="F", help="write the result there")
    add_launch_options(parser)


def run(args: argparse.Namespace) -> None:
    """Recognize the data, give them the model's classes, and evaluate."""
    from iclip.checkpoints.model_files import read_model_file
    from iclip.checkpoints.model_folders import CONFIG
    from iclip.engine.run_log import EarlyMessages
    from iclip.own_data import describe, recognize

    early = EarlyMessages()
    file = read_model_file(args.model)
    data, part = _part(recognize(args.data, file.task, args.format, needs_train=False), args.part)
    data = _with_models_classes(data, part, file)
    if this_rank().is_first:
        print(describe(data))
    # A model's folder holds what was pushed, and a hub's cache what was fetched.
    is_folder = file.path.name == CONFIG
    folder = (Path("work_dirs") if is_folder else file.path.parent) / "evaluated"
    work_dir = Path(args.work_dir or folder / f"{data.root.stem}_{part}")
    cfg = evaluation_config(file, data, part, work_dir / "data")
    cfg.work_dir = str(work_dir)
    weights = file.path.parent if is_folder else file.path
    metrics = evaluate_config(cfg, str(weights), args, early)
    if this_rank().is_first:
        print("\n".join(_figures(metrics, work_dir)))


def _part(data: "OwnData", asked: str | None) -> tuple["OwnData", str]:
    """Keep the part that is evaluated.

    Raises:
        ValueError: The data do not have it.
    """
    from iclip.own_data.data_set import TEST, VAL

    part = asked or (TEST if TEST in data.parts else VAL)
    if part not in data.parts:
        raise ValueError(
            f"--part {part}: {data.root} has no such part, but {listing(list(data.parts))}"
        )
    return replace(data, parts={part: data.parts[part]}), part


def _with_models_classes(data: "OwnData", part: str, file: "ModelFile") -> "OwnData":
    """Give the data the labels of the model; say which of its classes they lack.

    Raises:
        ValueError: They have classes that the model lacks, or the file does not name its classes.
    """
    from iclip.own_data.class_order import with_classes

    if file.classes is None:
        raise ValueError(
            f"{file.path} does not name its classes, so that those of {data.root} cannot be told. "
            "Take the best.pth of its fine-tuning"
        )
    lacking = [name for name in file.classes if name not in data.classes]
    if not lacking:
        return with_classes(data, file.classes)
    note = (
        f"{counted(len(lacking), 'class', 'classes')} of the model are not in these data, and "
        f"have no score: {printable(listing(lacking, 5))}"
    )
    return replace(with_classes(data, file.classes), notes=(*data.notes, note))


def evaluation_config(file: "ModelFile", data: "OwnData", part: str, folder: Path) -> "Config":
    """Return the task's recipe with a file's model and transforms, and prepare the data.

    Args:
        file: The model; what it says is checked, and nothing of it is run.
        data: One part, with the model's labels.
        part: Its name.
        folder: Where the prepared data go.

    Raises:
        ValueError: The file names what it may not.
        OSError: The data could not be written.
    """
    import iclip.openmmlab  # noqa: F401  (before a config of downstream/ is read)
    from iclip.engine.start.config_files import read_config
    from iclip.finetune.tasks import task_named
    from iclip.shipped_configs import find_config

    task = task_named(file.task)
    cfg = read_config(find_config(f"iclip::downstream/own/{file.task}.py"))
    for setting in _OF_TRAINING:
        cfg.pop(setting, None)
    cfg.model, read = _described(file)
    loader = cfg.test_dataloader
    loader.dataset.update({**read, **task.data_set(data, part, str(folder))})
    stated = file.config.get("test_dataloader", {})
    for name in ("batch_size", "num_workers"):
        if isinstance(stated.get(name), int):
            loader[name] = stated[name]
    loader.persistent_workers = loader.num_workers > 0
    cfg.test_evaluator.update(task.metric(data, part, str(folder)))
    task.prepare(data, folder)
    return cfg


def _described(file: "ModelFile") -> tuple[Any, dict[str, Any]]:
    """Return what a file says of its model, checked, and how its data set reads an image."""
    from iclip.openmmlab.described_models import described_config
    from iclip.predict.classifier import described_classifier
    from iclip.tasks import CLASSIFICATION

    if file.task == CLASSIFICATION:
        model, transform = described_classifier(file.config, file.path)
        return model, {"image_transform": transform}
    cfg = described_config(file.config, file.task, str(file.path))
    steps = [_unshifted(step) for step in cfg.test_dataloader.dataset.pipeline]
    return cfg.model, {"pipeline": steps}


def _unshifted(step: Any) -> Any:
    """Read label maps as they are: users' data have no value that stands for nothing but 255."""
    if step.get("reduce_zero_label"):
        return {**step, "reduce_zero_label": False}
    return step


def _figures(metrics: Mapping[str, float], folder: Path) -> list[str]:
    """Say the figures, in percent, a line each, then those of the classes."""
    from iclip.finetune.closing import class_lines
    from iclip.results import ClassScores
    from iclip.results.json_values import read_json
    from iclip.results.run_files import TEST_PER_CLASS_FILE
    from iclip.tasks import in_percent

    lines = [
        # COCO's metrics have -1 where no object is of that size.
        f"  {name:<24}" + (f"{in_percent(name, value):6.2f}" if value >= 0 else "     -")
        for name, value in metrics.items()
    ]
    per_class = folder / TEST_PER_CLASS_FILE
    if per_class.is_file():
        lines += class_lines(ClassScores.from_json(read_json(per_class)))
    return lines
