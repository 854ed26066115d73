"""Fine-tuning of a detector: Faster R-CNN on boxes of one's own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iclip.config_functions import text_box_head
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
from iclip.own_data.coco.writer import write_coco
from iclip.own_data.data_set import TRAIN, VAL
from iclip.tasks import DETECTION

LVIS = "LVIS"
# The recipe's shorter sides in training, as shares of that in validation: 480 to 800 of 800, in 11
# steps; and the longer side, 1333 of 800.
SMALLEST_SHARE, STEPS, LONGER = 0.6, 10, 1333 / 800
# Strides in pixels of Swin's maps.
FIRST_STRIDE = 4

RECIPE = Recipe(
    samples=100_170,  # images of LVIS v1's training part
    epochs=24,
    batch=16,
    batch_per_gpu=2,
    warm_up=500,
    # micro: downstream/toy/lvis_frcnn.py has 1e-3 for 8 images.
    learning_rates={"tiny": 1e-4, "small": 1e-4, "base": 1e-4, "large": 1e-4, "micro": 2e-3},
    # tiny, base: downstream/; small [public]: Swin's configs of 36 epochs; large [choice].
    drop_paths={"tiny": 0.2, "small": 0.2, "base": 0.3, "large": 0.3, "micro": 0.0},
    sides=dict.fromkeys(("tiny", "small", "base", "large", "micro"), 800),
    cpu_side=320,  # [choice] a sixth of the pixels
    repeats_rare=True,
)


def prepare(data: OwnData, folder: Path) -> None:
    """Write a JSON file per part."""
    root = image_root(data)
    for part, samples in data.parts.items():
        write_coco(samples, data.classes, folder / f"{part}.json", root, data.class_details)


def image_root(data: OwnData) -> Path:
    """Return the folder from which the files name images."""
    return data.root if data.root.is_dir() else data.root.parent


def median_side(data: OwnData) -> int:
    """Return the median of the training images' shorter sides in pixels."""
    return median_of_stated(data.parts[TRAIN])


def best(data: OwnData) -> str:
    """Return the metric that picks the best checkpoint."""
    return "lvis/AP" if data.format == LVIS else "coco/bbox_mAP"


def data_set(data: OwnData, part: str, folder: str) -> dict[str, Any]:
    """Return the settings of a part's data set."""
    kind = "LVISV1Dataset" if data.format == LVIS else "CocoDataset"
    return dict(
        type=kind,
        ann_file=f"{folder}/{part}.json",
        data_prefix=dict(img=str(image_root(data).resolve())),
        metainfo=dict(classes=data.classes),
    )


def metric(data: OwnData, part: str, folder: str) -> dict[str, Any]:
    """Return the settings of a part's metric."""
    kind = "iclip.LVISBoxMetric" if data.format == LVIS else "iclip.COCOBoxMetric"
    return dict(type=kind, ann_file=f"{folder}/{part}.json")


def config(choice: Choice) -> list[ConfigPart]:
    """Return the parts of the config."""
    pipelines = _pipelines(choice)
    return task_parts(
        choice,
        f"Shorter sides of up to {choice.image_size} pixels.",
        pipelines,
        "images",
        _loaders(choice, pipelines),
        _model(choice),
        _schedule(choice),
    )


def _pipelines(choice: Choice) -> dict[str, Expression]:
    """Resize to other sides than the recipe's, and do not mirror, where the choice says so."""
    train: dict[str, Any] = {}
    test: dict[str, Any] = {}
    side = choice.image_size
    if side != RECIPE.sides[choice.backbone.size]:
        longer, smallest = round(LONGER * side), round(SMALLEST_SHARE * side)
        sides = {smallest + round((side - smallest) * step / STEPS) for step in range(STEPS + 1)}
        scales = Expression(f"[({longer}, side) for side in {sorted(sides)}]")
        train["RandomChoiceResize"] = dict(scales=scales)
        test["Resize"] = dict(scale=(longer, side))
    if not choice.mirror:
        train["RandomFlip"] = dict(prob=0.0)
    return changed_pipelines(train_pipeline=train, test_pipeline=test)


def _loaders(choice: Choice, pipelines: Mapping[str, Expression]) -> dict[str, Any]:
    train, val = _named_classes(choice, TRAIN), _named_classes(choice, VAL)
    if "train_pipeline" in pipelines:
        train["pipeline"] = Expression("train_pipeline")
    if "test_pipeline" in pipelines:
        val["pipeline"] = Expression("test_pipeline")
    if choice.repeat_threshold is not None:
        # As LVIS's repeat-factor sampling, which wraps the data set.
        whole = dict(
            filter_cfg=Expression("_base_.train_dataloader.dataset.filter_cfg"),
            pipeline=Expression("_base_.train_pipeline"),
        )
        train = dict(
            _delete_=True, type="ClassBalancedDataset",
            oversample_thr=choice.repeat_threshold, dataset=whole | train,
        )  # fmt: skip
    return {
        "train_dataloader": loader_settings(choice, train, choice.batch_size),
        "val_dataloader": loader_settings(choice, val, 1),
        "test_dataloader": Expression("val_dataloader"),
        "val_evaluator": metric(choice.data, VAL, DATA_FOLDER),
        "test_evaluator": Expression("val_evaluator"),
    }


def _named_classes(choice: Choice, part: str) -> dict[str, Any]:
    settings = data_set(choice.data, part, DATA_FOLDER)
    return {**settings, "metainfo": dict(classes=CLASSES)}


def _model(choice: Choice) -> dict[str, Any]:
    sizes = choice.backbone.sizes
    stages = len(sizes.dims)
    model: dict[str, Any] = dict(
        backbone=image_backbone_settings(choice),
        neck=dict(in_channels=list(sizes.dims)),
        roi_head=dict(bbox_head=dict(num_classes=CLASS_COUNT)),
    )
    if stages != RECIPE_STAGES:
        strides = [FIRST_STRIDE << stage for stage in range(stages + 1)]
        model["neck"]["num_outs"] = stages + 1
        model["rpn_head"] = dict(anchor_generator=dict(strides=strides))
        model["roi_head"]["bbox_roi_extractor"] = dict(featmap_strides=strides[:-1])
    if choice.data.format == LVIS:
        # The recipe's for LVIS, whose rare classes have low scores.
        model["test_cfg"] = dict(rcnn=dict(score_thr=1e-4, max_per_img=300))
    return model


def text_model(choice: Choice, classifier: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of the model differs with a classifier by words, as in lvis_frcnn_text_2x.py."""
    box_head: dict[str, Any] = text_box_head(classifier)
    if untrained := choice.untrained:
        box_head["untrained"] = untrained
    return dict(roi_head=dict(bbox_head=box_head))


def _schedule(choice: Choice) -> ConfigPart:
    """Return the schedule: the recipe's drops, at two thirds and eleven twelfths of the run."""
    epochs = choice.epochs
    drops = sorted({round(epochs * 2 / 3), round(epochs * 11 / 12)} - {0, epochs})
    scheduler = dict(
        type="MultiStepLR", by_epoch=True, begin=0, end=epochs, milestones=drops, gamma=0.1
    )
    return schedule_part(
        choice,
        f"{epochs:,} epochs of {choice.epoch_steps:,} steps, the rate drops after "
        f"{' and '.join(map(str, drops)) or 'none'}",
        dict(max_epochs=epochs, val_interval=validation_interval(epochs)),
        with_warm_up(choice, 0.001, scheduler),
    )


TASK = FinetuneTask(
    DETECTION,
    RECIPE,
    best,
    prepare,
    median_side,
    data_set,
    metric,
    config,
    text_model=text_model,
)
