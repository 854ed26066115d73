"""Parts of a written config that several tasks have."""

from collections.abc import Mapping
from typing import Any

from iclip.finetune.choice import Choice
from iclip.finetune.config_text import ConfigPart, Expression, literal
from iclip.own_data.data_set import TRAIN, VAL

# Stages of the backbones that the recipes are made for.
RECIPE_STAGES = 4
# Steps between two lines of the log; an epoch has one at least.
LOG_INTERVAL = 50


def classes_part(choice: Choice) -> ConfigPart:
    """Name the classes, under a comment that says what the data are."""
    data = choice.data
    told = [
        f"Data: {data.format}, {data.root}",
        f"{len(data.parts[TRAIN]):,} for training, {len(data.parts[VAL]):,} for validation; the "
        "prepared files lie beside this one, in data/.",
        *data.notes,
    ]
    return ConfigPart("\n".join(told), {"classes": data.classes})


def task_parts(
    choice: Choice,
    sizes: str,
    pipelines: dict[str, Expression],
    things: str,
    loaders: dict[str, Any],
    model: dict[str, Any],
    schedule: ConfigPart,
) -> list[ConfigPart]:
    """Put a task's parts in the order in which a person reads them.

    Args:
        choice: What is trained.
        sizes: Why the pipelines differ from the recipe's.
        pipelines: Those that differ; without one, the part is left out.
        things: What a batch consists of, in the plural.
        loaders: Loaders and metrics.
        model: What of the model differs from the recipe's.
        schedule: The schedule.
    """
    return [
        classes_part(choice),
        *([ConfigPart(sizes, pipelines)] if pipelines else []),
        ConfigPart(f"What is read, and how many {things} at a time.", loaders),
        ConfigPart(f"The model: {choice.backbone.label}.", {"model": model}),
        schedule,
    ]


def backbone_settings(choice: Choice) -> dict[str, Any]:
    """Return the settings of the backbone that image and video have in common."""
    backbone = choice.backbone
    arch = backbone.arch
    settings: dict[str, Any] = dict(
        arch=arch if isinstance(arch, str) else dict(_delete_=True, **arch),
        drop_path_rate=choice.drop_path,
        # Heads come with a whole model's weights.
        checkpoint=backbone.checkpoint if choice.heads.model is None else None,
    )
    if backbone.stem != "patch":
        settings["stem"] = backbone.stem
    if choice.freeze >= 0:
        settings["frozen_stages"] = choice.freeze
    return settings


def image_backbone_settings(choice: Choice) -> dict[str, Any]:
    """Return the settings of an image backbone whose maps of all stages are read."""
    settings = backbone_settings(choice) | dict(window_size=choice.backbone.window_size)
    stages = len(choice.backbone.sizes.depths)
    if stages != RECIPE_STAGES:
        settings["out_indices"] = tuple(range(stages))
    return settings


def changed_pipelines(
    **changes: Mapping[str, Mapping[str, Any]],
) -> dict[str, Expression]:
    """Return the recipe's pipelines with other settings of some transforms.

    Args:
        **changes: By the pipeline's name, the settings that differ, by type of transform.

    Returns:
        The pipelines that differ, by their names.
    """
    written = {}
    for name, settings in changes.items():
        if settings:
            lines = [f"    {kind}={literal(entry, 4)},\n" for kind, entry in settings.items()]
            text = f"with_settings(\n    _base_.{name},\n{''.join(lines)})"
            written[name] = Expression(text)
    return written


def loader_settings(choice: Choice, dataset: dict[str, Any], batch_size: int) -> dict[str, Any]:
    """Return the settings of a data loader."""
    return dict(
        batch_size=batch_size,
        num_workers=choice.workers,
        persistent_workers=choice.workers > 0,
        dataset=dataset,
    )


def schedule_part(
    choice: Choice,
    length: str,
    train_cfg: dict[str, Any],
    schedulers: list[dict[str, Any]],
    optim_wrapper: dict[str, Any] | None = None,
) -> ConfigPart:
    """State the run's length, its learning rate, and when it validates.

    Args:
        choice: The choice.
        length: The length in words.
        train_cfg: ``val_interval`` and the length.
        schedulers: The learning rate's course.
        optim_wrapper: Further settings of the optimizer.
    """
    interval = train_cfg["val_interval"]
    optimizer: dict[str, Any] = dict(optimizer=dict(lr=choice.base_rate)) | (optim_wrapper or {})
    if choice.layer_decay is not None:
        decay = dict(layer_decay=choice.layer_decay)
        optimizer["paramwise_cfg"] = optimizer.get("paramwise_cfg", {}) | decay
    return ConfigPart(
        f"Schedule: {length}. The learning rate is that of the recipe's batch: mmengine scales it "
        "linearly to the batch of all processes (auto_scale_lr).",
        {
            "train_cfg": train_cfg,
            "optim_wrapper": optimizer,
            "param_scheduler": schedulers,
            "default_hooks": dict(
                logger=dict(interval=min(LOG_INTERVAL, choice.epoch_steps)),
                checkpoint=dict(interval=interval),
            ),
        },
    )


def with_warm_up(
    choice: Choice, start_factor: float, scheduler: dict[str, Any]
) -> list[dict[str, Any]]:
    """Put the warm-up before a scheduler, if the run has one."""
    if not choice.warm_up:
        return [scheduler]
    first = dict(
        type="LinearLR", by_epoch=False, start_factor=start_factor, begin=0, end=choice.warm_up
    )
    return [first, scheduler]


def merged(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Merge nested settings as a config merges those that it inherits; nothing given is changed."""
    found = dict(settings)
    for name, value in changes.items():
        before = found.get(name)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        found[name] = merged(before, value) if both else value  # type: ignore[arg-type]
    return found


CLASSES = Expression("classes")
CLASS_COUNT = Expression("len(classes)")
