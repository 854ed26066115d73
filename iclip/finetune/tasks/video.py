"""Fine-tuning of a recognizer: Video Swin on clips of one's own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iclip.datasets.readers.video_files import open_video
from iclip.finetune.choice import Choice
from iclip.finetune.config_parts import (
    CLASS_COUNT,
    CLASSES,
    backbone_settings,
    loader_settings,
    schedule_part,
    task_parts,
    with_warm_up,
)
from iclip.finetune.config_text import DATA_FOLDER, ConfigPart, Expression
from iclip.finetune.scaling import Recipe, validation_interval
from iclip.finetune.sizes import median_shorter_side
from iclip.finetune.tasks.task import FinetuneTask
from iclip.models.data_preprocessor import CLIP_MEAN, CLIP_STD
from iclip.own_data import OwnData
from iclip.own_data.data_set import TRAIN, VAL
from iclip.own_data.video.clips import write_videos
from iclip.tasks import VIDEO

RECIPE = Recipe(
    samples=240_000,  # clips of Kinetics-400's training part, about
    epochs=30,
    batch=64,
    batch_per_gpu=8,
    warm_up=9_375,  # 2.5 epochs of 240,000 / 64 steps
    # tiny: downstream/; small [choice] as tiny; large [choice] as base. micro:
    # downstream/toy/k400_video_swin.py has 2e-3 for 8 clips.
    learning_rates={"tiny": 1e-3, "small": 1e-3, "base": 3e-4, "large": 3e-4, "micro": 1.6e-2},
    # tiny, base: downstream/; small, large [choice].
    drop_paths={"tiny": 0.1, "small": 0.1, "base": 0.2, "large": 0.2, "micro": 0.0},
    sides=dict.fromkeys(("tiny", "small", "base", "large", "micro"), 224),
    cpu_side=112,  # [choice] a quarter of the pixels
)
# The recipe's side and frames; on a CPU, half of the frames [choice].
RECIPE_SIDE, RECIPE_FRAMES, CPU_FRAMES = 224, 32, 16
# The shorter side from which 224 pixels are cut: 256 [public].
RESIZED = 256 / 224
# Windows of the toy's network, over frames and whatever the checkpoint has for images.
WINDOW_FRAMES = 8
RECIPE_WINDOW = 7


def prepare(data: OwnData, folder: Path) -> None:
    """Write a list per part, and the names of the classes."""
    write_videos(data, folder)


def median_side(data: OwnData) -> int | None:
    """Return the median of the training clips' shorter sides in pixels."""
    return median_shorter_side([Path(clip.file) for clip in data.parts[TRAIN]], frame_size)


def frame_size(file: Path) -> tuple[int, int]:
    """Read a video's width and height from its header.

    Raises:
        ValueError: The file is not a video.
        OSError: It cannot be read.
    """
    with open_video(file) as container:
        stream = container.streams.video[0]
        return stream.width, stream.height


def best(data: OwnData) -> str:
    """Return the metric that picks the best checkpoint."""
    return "acc/top1"


def data_set(data: OwnData, part: str, folder: str) -> dict[str, Any]:
    """Return the settings of a part's data set, whose list has absolute paths."""
    return dict(
        type="SkipBrokenVideos",
        ann_file=f"{folder}/{part}.txt",
        metainfo=dict(classes=data.classes),
    )


def metric(data: OwnData, part: str, folder: str) -> dict[str, Any]:
    """Return the settings of a part's metric."""
    return dict(type="iclip.AccuracyPerClass", list_file=f"{folder}/{part}.txt")


def config(choice: Choice) -> list[ConfigPart]:
    """Return the parts of the config."""
    pipelines = _pipelines(choice)
    return task_parts(
        choice,
        f"Clips of {_frames(choice)} frames of {choice.image_size} pixels.",
        pipelines,
        "clips",
        _loaders(choice, pipelines),
        _model(choice),
        _schedule(choice),
    )


def _pipelines(choice: Choice) -> dict[str, Expression]:
    """Take other clips than the recipe's, and do not mirror, where the choice says so."""
    side, frames = choice.image_size, _frames(choice)
    if (side, frames, choice.mirror) == (RECIPE_SIDE, RECIPE_FRAMES, True):
        return {}
    shorter = round(RESIZED * side)
    mirrored = "" if choice.mirror else ", mirror=False"
    return {
        name: Expression(f"clip_settings(_base_.{name}, {frames}, {side}, {shorter}{mirrored})")
        for name in ("train_pipeline", "val_pipeline")
    }


def _frames(choice: Choice) -> int:
    return RECIPE_FRAMES if choice.machine.device == "cuda" else CPU_FRAMES


def _loaders(choice: Choice, pipelines: Mapping[str, Expression]) -> dict[str, Any]:
    loaders = {}
    for part, pipeline in ((TRAIN, "train_pipeline"), (VAL, "val_pipeline")):
        dataset = data_set(choice.data, part, DATA_FOLDER) | dict(metainfo=dict(classes=CLASSES))
        if pipelines:
            dataset["pipeline"] = Expression(pipeline)
        loaders[f"{part}_dataloader"] = loader_settings(choice, dataset, choice.batch_size)
    return {
        **loaders,
        "test_dataloader": Expression("val_dataloader"),
        "val_evaluator": metric(choice.data, VAL, DATA_FOLDER),
        "test_evaluator": Expression("val_evaluator"),
    }


def _model(choice: Choice) -> dict[str, Any]:
    backbone = backbone_settings(choice)
    window = choice.backbone.window_size
    if window != RECIPE_WINDOW:
        backbone["window_size"] = (WINDOW_FRAMES, window, window)
    return dict(
        backbone=backbone,
        cls_head=dict(num_classes=CLASS_COUNT, in_channels=choice.backbone.sizes.dims[-1]),
    )


def text_model(choice: Choice, classifier: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of the model differs with a classifier by words.

    It starts from the projection of the pre-training, for which pixels are normalized as there
    (CLIP's mean and deviation); a dropout would turn the embeddings.
    """
    head: dict[str, Any] = dict(
        type="iclip.VideoTextHead",
        dropout_ratio=0.0,
        classifier=dict(classifier, projection="pretrained"),
    )
    if untrained := choice.untrained:
        head["untrained"] = untrained
    return dict(data_preprocessor=dict(mean=CLIP_MEAN, std=CLIP_STD), cls_head=head)


def _schedule(choice: Choice) -> ConfigPart:
    """Return the schedule: the recipe's cosine over the epochs."""
    epochs = choice.epochs
    cosine = dict(
        type="CosineAnnealingLR", by_epoch=True, begin=0, end=epochs, T_max=epochs, eta_min=0
    )
    # float16, which the recipe trains in, is for GPUs.
    on_cpu = {"type": "OptimWrapper"} if choice.machine.device == "cpu" else {}
    return schedule_part(
        choice,
        f"{epochs:,} epochs of {choice.epoch_steps:,} steps",
        dict(max_epochs=epochs, val_interval=validation_interval(epochs)),
        with_warm_up(choice, 0.1, cosine),
        on_cpu,
    )


TASK = FinetuneTask(
    VIDEO, RECIPE, best, prepare, median_side, data_set, metric, config, text_model=text_model
)
