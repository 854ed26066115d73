"""Fine-tuning of a segmenter: MaskFormer on label maps of one's own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iclip.finetune.choice import Choice
from iclip.finetune.config_parts import (
    CLASS_COUNT,
    CLASSES,
    RECIPE_STAGES,
    changed_pipelines,
    image_backbone_settings,
    loader_settings,
    schedule_part,
    task_parts,
    with_warm_up,
)
from iclip.finetune.config_text import DATA_FOLDER, ConfigPart, Expression
from iclip.finetune.scaling import Recipe, validation_interval
from iclip.finetune.sizes import median_of_stated
from iclip.finetune.tasks.task import FinetuneTask
from iclip.own_data import OwnData
from iclip.own_data.data_set import TRAIN, VAL
from iclip.own_data.masks.label_maps import write_segmentation
from iclip.tasks import SEGMENTATION

RECIPE = Recipe(
    samples=20_210,  # images of ADE20K's training part
    epochs=127,  # 160,000 steps of 16
    batch=16,
    batch_per_gpu=2,
    warm_up=1500,
    # micro: downstream/toy/ade20k_maskformer.py has 3e-4 for 8 crops.
    learning_rates={"tiny": 6e-5, "small": 6e-5, "base": 6e-5, "large": 6e-5, "micro": 6e-4},
    drop_paths={"tiny": 0.3, "small": 0.3, "base": 0.3, "large": 0.3, "micro": 0.0},
    # Crops. tiny, base: downstream/; small, large [public]: MaskFormer's configs.
    sides={"tiny": 512, "small": 512, "base": 640, "large": 640, "micro": 512},
    cpu_side=256,  # [choice] a quarter of the pixels
)
# The crop that downstream/own/segmentation.py has.
RECIPE_CROP = 640


def prepare(data: OwnData, folder: Path) -> None:
    """Write a list per part, and the label maps that the data lack in a form that mmseg reads."""
    write_segmentation(data, folder, print)


def median_side(data: OwnData) -> int:
    """Return the median of the training images' shorter sides in pixels."""
    return median_of_stated(data.parts[TRAIN])


def best(data: OwnData) -> str:
    """Return the metric that picks the best checkpoint."""
    return "mIoU"


def data_set(data: OwnData, part: str, folder: str) -> dict[str, Any]:
    """Return the settings of a part's data set."""
    return dict(
        type="iclip.ListedLabelMaps",
        ann_file=f"{folder}/{part}.jsonl",
        metainfo=dict(classes=data.classes),
    )


def metric(data: OwnData, part: str, folder: str) -> dict[str, Any]:
    """Return the settings of a part's metric."""
    return dict(type="iclip.IoUPerClass")


def config(choice: Choice) -> list[ConfigPart]:
    """Return the parts of the config."""
    pipelines = _pipelines(choice)
    return task_parts(
        choice,
        f"Crops of {choice.image_size} pixels.",
        pipelines,
        "crops",
        _loaders(choice, pipelines),
        _model(choice),
        _schedule(choice),
    )


def text_model(choice: Choice, classifier: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of the model differs with a classifier by words."""
    return dict(
        decode_head=dict(type="iclip.TextMaskFormerHead", classifier=dict(classifier)),
    )


def _pipelines(choice: Choice) -> dict[str, Expression]:
    """Crop other squares than the recipe's, and do not mirror, where the choice says so."""
    train: dict[str, Any] = {}
    test: dict[str, Any] = {}
    crop = choice.image_size
    if crop != RECIPE_CROP:
        train["RandomResize"] = test["Resize"] = dict(scale=(4 * crop, crop))
        train["RandomCrop"] = dict(crop_size=(crop, crop))
    if not choice.mirror:
        train["RandomFlip"] = dict(prob=0.0)
    return changed_pipelines(train_pipeline=train, test_pipeline=test)


def _loaders(choice: Choice, pipelines: Mapping[str, Expression]) -> dict[str, Any]:
    loaders = {}
    for part, batch_size, pipeline in (
        (TRAIN, choice.batch_size, "train_pipeline"),
        (VAL, 1, "test_pipeline"),
    ):
        dataset = data_set(choice.data, part, DATA_FOLDER) | dict(metainfo=dict(classes=CLASSES))
        if pipeline in pipelines:
            dataset["pipeline"] = Expression(pipeline)
        loaders[f"{part}_dataloader"] = loader_settings(choice, dataset, batch_size)
    return {**loaders, "test_dataloader": Expression("val_dataloader")}


def _model(choice: Choice) -> dict[str, Any]:
    sizes, crop = choice.backbone.sizes, choice.image_size
    head: dict[str, Any] = dict(
        in_channels=list(sizes.dims),
        num_classes=CLASS_COUNT,
        # The last entry is "no object" [recipe].
        loss_cls=dict(class_weight=Expression("[1.0] * len(classes) + [0.1]")),
    )
    if len(sizes.dims) != RECIPE_STAGES:
        head["in_index"] = list(range(len(sizes.dims)))
    model: dict[str, Any] = dict(backbone=image_backbone_settings(choice), decode_head=head)
    if crop != RECIPE_CROP:
        model = dict(data_preprocessor=dict(size=(crop, crop)), **model)
    return model


def _schedule(choice: Choice) -> ConfigPart:
    """Return the schedule: the recipe's polynomial decay from the warm-up to the end."""
    decay = dict(
        type="PolyLR", by_epoch=False, power=0.9, eta_min=0.0,
        begin=choice.warm_up, end=choice.steps,
    )  # fmt: skip
    return schedule_part(
        choice,
        f"{choice.steps:,} steps, which are {choice.epochs:,} epochs",
        dict(max_iters=choice.steps, val_interval=validation_interval(choice.steps)),
        with_warm_up(choice, 1e-6, decay),
    )


TASK = FinetuneTask(
    SEGMENTATION, RECIPE, best, prepare, median_side, data_set, metric, config,
    text_model=text_model,
)  # fmt: skip
