"""Fine-tuning of a classifier: the whole backbone on images of one's own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from iclip.files.image_headers import image_size
from iclip.finetune.asked import Asked
from iclip.finetune.choice import Choice
from iclip.finetune.config_parts import backbone_settings, classes_part, with_warm_up
from iclip.finetune.config_text import DATA_FOLDER, ConfigPart, Expression
from iclip.finetune.scaling import Recipe, validation_interval
from iclip.finetune.sizes import median_shorter_side
from iclip.finetune.tasks.task import FinetuneTask
from iclip.finetune.ways import compare_ways, way_lines
from iclip.own_data import OwnData
from iclip.own_data.data_set import TRAIN, VAL
from iclip.own_data.images_by_class.labelled_file import write_classification
from iclip.tasks import CLASSIFICATION

RECIPE = Recipe(
    samples=1_281_167,  # ImageNet-1K's, of the configs that the recipe follows
    epochs=30,
    batch=128,
    batch_per_gpu=64,
    warm_up=50_045,  # 5 epochs of 1,281,167 / 128 steps
    # downstream/own/classification.py; micro [choice]: configs/micro has 2e-3 for 128 images.
    learning_rates={"tiny": 5e-4, "small": 5e-4, "base": 5e-4, "large": 5e-4, "micro": 2e-3},
    # [public] Swin's configs of Swin-T, S, B and L from ImageNet-22K to ImageNet-1K.
    drop_paths={"tiny": 0.1, "small": 0.2, "base": 0.2, "large": 0.2, "micro": 0.0},
    sides=dict.fromkeys(("tiny", "small", "base", "large", "micro"), 224),
    cpu_side=160,  # [choice] half of the pixels
    layer_decay=0.75,
)
# The short side before the crop of validation, of 224 pixels and more [public].
RESIZED = 256 / 224
RECIPE_SIDE = 224
# Lines of the log of a short run.
LOG_INTERVAL = 50


def best(data: OwnData) -> str:
    """Return the metric that picks the best checkpoint."""
    return "accuracy/top1"


def prepare(data: OwnData, folder: Path) -> None:
    """Write a list per part, which names the classes."""
    write_classification(data, folder)


def median_side(data: OwnData) -> int | None:
    """Return the median of the training images' shorter sides in pixels."""
    files = [Path(sample.file) for sample in data.parts[TRAIN]]
    return median_shorter_side(files, lambda file: image_size(file, oriented=True))


def data_set(data: OwnData, part: str, folder: str) -> dict[str, Any]:
    """Return the settings of a part's data set, whose list has absolute paths."""
    return dict(type="LabelledFiles", table=f"{folder}/{part}.jsonl")


def metric(data: OwnData, part: str, folder: str) -> dict[str, Any]:
    """Return the settings of a part's metric, which takes the classes of the data set."""
    return dict(type="ImageAccuracy")


def config(choice: Choice) -> list[ConfigPart]:
    """Return the parts of the config."""
    count = {"class_count": len(choice.classes)}
    return [
        replace(classes_part(choice), settings=count),
        ConfigPart(f"Images of {choice.image_size} pixels.", _loaders(choice)),
        ConfigPart(f"The model: {choice.backbone.label}.", {"model": _model(choice)}),
        _schedule(choice),
    ]


def closing(folder: Path, data: OwnData, asked: Asked) -> Sequence[str]:
    """Compare the trained model with what the checkpoint tells apart as it is."""
    return way_lines(compare_ways(folder, data, asked))


def _loaders(choice: Choice) -> dict[str, Any]:
    """Return the lists that are read, and the sides of the images."""
    side = choice.image_size
    workers = dict(num_workers=choice.workers, persistent_workers=choice.workers > 0)
    cut: dict[str, Any] = dict(size=side)
    if not choice.mirror:
        cut["flip"] = 0.0
    resize = round(RESIZED * side) if side >= RECIPE_SIDE else side
    train = data_set(choice.data, TRAIN, DATA_FOLDER) | dict(image_transform=cut)
    val = data_set(choice.data, VAL, DATA_FOLDER)
    val |= dict(image_transform=dict(size=side, resize=resize))
    return {
        "train_dataloader": dict(**workers, dataset=dict(labelled=train)),
        "val_dataloader": dict(batch_size=choice.batch_size, **workers, dataset=val),
        "test_dataloader": Expression("val_dataloader"),
    }


def _model(choice: Choice) -> dict[str, Any]:
    backbone = backbone_settings(choice) | dict(window_size=choice.backbone.window_size)
    return dict(backbone=backbone, num_classes=Expression("class_count"))


def text_model(choice: Choice, classifier: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of the model differs with a classifier by words: zero-shot's, to begin with."""
    return dict(classifier=dict(classifier) | dict(projection="pretrained"))


def _schedule(choice: Choice) -> ConfigPart:
    """State the step, the run's length, its learning rates, and when it validates."""
    batch = choice.batch_size * choice.machine.processes
    interval = validation_interval(choice.epochs) * choice.epoch_steps
    cosine = dict(
        type="CosineAnnealingLR", by_epoch=False, begin=choice.warm_up, eta_min_ratio=0.01
    )
    optim_wrapper: dict[str, Any] = dict(optimizer=dict(lr=choice.base_rate * batch / RECIPE.batch))
    if choice.layer_decay is not None:
        optim_wrapper["paramwise_cfg"] = dict(layer_decay=choice.layer_decay)
    return ConfigPart(
        f"Schedule: {choice.epochs:,} epochs of {choice.epoch_steps:,} steps. A step has "
        "global_batch_size images on any number of GPUs; the learning rate is that of the last "
        f"layer, linear in the batch: {choice.base_rate:g} for {RECIPE.batch}.",
        {
            "global_batch_size": batch,
            "micro_batch_size": choice.batch_size,
            "train_cfg": dict(max_iters=choice.steps, val_interval=interval),
            "optim_wrapper": optim_wrapper,
            "param_scheduler": with_warm_up(choice, 1e-3, cosine),
            "default_hooks": dict(
                logger=dict(interval=min(LOG_INTERVAL, choice.epoch_steps)),
                checkpoint=dict(interval=interval),
            ),
        },
    )


TASK = FinetuneTask(
    CLASSIFICATION,
    RECIPE,
    best,
    prepare,
    median_side,
    data_set,
    metric,
    config,
    text_model,
    closing,
)
