"""The config of a run: a header for people, then what its task states over the recipe."""

import shlex
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from iclip.finetune.asked import Asked, is_given, option_of
from iclip.finetune.backbone import MICRO
from iclip.finetune.changed_settings import changed_part
from iclip.finetune.choice import Choice
from iclip.finetune.class_words import TABLE
from iclip.finetune.config_parts import merged
from iclip.finetune.config_text import HERE, ConfigHeader, ConfigPart, Expression, config_text
from iclip.finetune.tasks.task import FinetuneTask
from iclip.messages import counted

# The recipes, as `_base_` names them: one per task, and one for smaller networks than Swin-T.
RECIPES = "iclip::downstream/own"
_FUNCTIONS = ("clip_settings", "with_changes", "with_settings")


def written_config(
    task: FinetuneTask, choice: Choice, asked: Asked, options: Mapping[str, Any] | None = None
) -> str:
    """Write the text of a run's config.

    Args:
        task: The task.
        choice: The resolved choice.
        asked: What the user asked for.
        options: Settings that ``--cfg-options`` changes, by dotted key.
    """
    folder = f"{RECIPES}/micro" if choice.backbone.size == MICRO else RECIPES
    metric = task.best(choice.data)
    keep_best = f'[*_base_.custom_hooks, dict(type="iclip.KeepBest", metric="{metric}")]'
    parts = [
        *_with_words(task, choice),
        ConfigPart(
            f"best.pth is the checkpoint of the highest {metric}.",
            {"custom_hooks": Expression(keep_best)},
        ),
        ConfigPart("The run's folder is that of this file.", {"work_dir": HERE}),
    ]
    if choice.heads.model is not None:
        parts.append(
            ConfigPart(
                "The weights to start from, heads included: a model of the same classes.",
                {"load_from": choice.backbone.checkpoint},
            )
        )
    if asked.seed is not None:
        parts.append(ConfigPart("The seed, as asked.", {"randomness": dict(seed=asked.seed)}))
    if options:
        parts.append(changed_part(parts, options))
    body = config_text(ConfigHeader(_title(choice, asked), f"{folder}/{task.name}.py"), parts)
    used = [name for name in _FUNCTIONS if f"{name}(" in body]
    header = ConfigHeader(_title(choice, asked), f"{folder}/{task.name}.py", used)
    return config_text(header, parts)


def _with_words(task: FinetuneTask, choice: Choice) -> list[ConfigPart]:
    """Return the task's parts; with a classifier by words in the model, if that was chosen."""
    parts, words = list(task.config(choice)), choice.words
    if words is None:
        return parts
    assert task.text_model is not None, "all tasks have one"
    changes = task.text_model(choice, words.classifier())
    told = (
        f"Its classifier compares with what the text tower makes of {TABLE}; the table can be "
        "edited before a training, its order is that of the labels."
    )
    return [
        replace(
            part,
            why=f"{part.why} {told}",
            settings={**part.settings, "model": merged(part.settings["model"], changes)},
        )
        if "model" in part.settings
        else part
        for part in parts
    ]


def _title(choice: Choice, asked: Asked) -> str:
    classes = counted(len(choice.classes), "class", "classes")
    told = (
        f"{asked.task.capitalize()}, {classes}: written by",
        f"  {command_of(asked)}",
        "It can be edited, and trained anew into another folder with",
        "  iclip train THIS_FILE --work-dir ANOTHER",
    )
    return "\n".join(told)


def command_of(asked: Asked) -> str:
    """Write the command line of a fine-tuning."""
    words = ["iclip", "finetune", asked.task]
    for entry in fields(asked):
        value = getattr(asked, entry.name)
        if entry.name == "task" or not is_given(value):
            continue
        words.append(option_of(entry.name))
        if value is not True:
            words += value if isinstance(value, tuple) else [str(value)]
    return shlex.join(words)
