"""What `iclip finetune` is about to train: data, settings and config, checked, nothing written."""

import argparse
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from iclip.finetune.asked import Asked
from iclip.finetune.run_folder import CONFIG_FILE
from iclip.finetune.tasks import task_named
from iclip.messages import counted

if TYPE_CHECKING:
    from mmengine.config import Config

    from iclip.finetune.choice import Choice, Machine
    from iclip.finetune.heads import Heads
    from iclip.finetune.tasks.task import FinetuneTask
    from iclip.own_data import OwnData


class PlannedFinetuning(NamedTuple):
    """What is to be trained.

    Attributes:
        task: The task.
        data: The data, with the labels that are trained.
        choice: The settings.
        config: The text of the config.
    """

    task: "FinetuneTask"
    data: "OwnData"
    choice: "Choice"
    config: str


def plan_finetuning(asked: Asked) -> PlannedFinetuning:
    """Recognize the data, choose the settings, say both, and write the config's text.

    Raises:
        ValueError: Something that the user asked for is not possible.
    """
    from iclip.finetune.backbone import choose_backbone
    from iclip.finetune.choice import choice_table, choose
    from iclip.finetune.class_words import choose_words
    from iclip.finetune.data_facts import facts_of
    from iclip.finetune.heads import choose_heads, in_order_of, that_differ
    from iclip.own_data import describe

    task = task_named(asked.task)
    # What can be refused at once, before images by the thousand are looked at.
    machine = _machine(asked)
    backbone = choose_backbone(asked.model, asked.checkpoint, asked.task)
    recognized = recognized_data(asked)
    print(describe(recognized))
    facts = facts_of(recognized, task.median_side)

    def planned(heads: "Heads") -> PlannedFinetuning:
        data = in_order_of(heads, recognized)
        words = choose_words(asked.classifier, data.classes, asked.class_texts, backbone.checkpoint)
        choice = choose(asked, data, facts, backbone, machine, task.recipe, words, heads)
        return PlannedFinetuning(task, data, choice, _config(task, choice, asked))

    plan = planned(choose_heads(asked.checkpoint, asked.task, recognized.classes))
    different = _different_tensors(plan, asked)
    if different:
        plan = planned(that_differ(different))
    print(f"\nWhat is trained ({machine.device}):\n\n{choice_table(plan.choice)}")
    if backbone.checkpoint is None:
        print(
            "\nWARNING: the backbone starts from random weights. From pre-trained ones, the same "
            "training ends far better: --checkpoint FILE"
        )
    return plan


def recognized_data(asked: Asked) -> "OwnData":
    """Recognize the data that the user named."""
    from iclip.own_data import recognize

    return recognize(
        Path(asked.data), asked.task, asked.format, allow_unseen=asked.allow_unseen_classes
    )


def _machine(asked: Asked) -> "Machine":
    """Return what the run has of this machine.

    Raises:
        ValueError: It has fewer GPUs than asked for.
    """
    from iclip.engine.start.launch import launch_problems, plan_launch
    from iclip.finetune.choice import Machine

    launch = plan_launch(asked.gpus, asked.device, os.environ)
    missing = launch_problems(launch, os.environ)
    if missing:
        raise ValueError(missing[0])
    cores = len(os.sched_getaffinity(0))
    return Machine(launch.device, launch.processes * launch.machines, cores)


def _config(task: "FinetuneTask", choice: "Choice", asked: Asked) -> str:
    """Write the config; what ``--cfg-options`` changes stands at its end.

    Raises:
        ValueError: The config has no such setting.
    """
    from iclip.engine.start.config_options import merge_options
    from iclip.finetune.written_config import written_config

    text = written_config(task, choice, asked)
    if not asked.cfg_options:
        return text
    options = _parsed_options(asked)
    merge_options(read_planned(text, asked), options)
    return written_config(task, choice, asked, options)


def lost_options(asked: Asked, config: Path) -> list[str]:
    """Return the changes of ``--cfg-options`` that a run's config does not have (any more).

    Args:
        asked: What the run began with.
        config: Its config.py.
    """
    from iclip.engine.start.config_files import read_config
    from iclip.finetune.changed_settings import lacking_changes

    if not asked.cfg_options:
        return []
    import iclip.openmmlab  # noqa: F401  (before a config of downstream/ is read)

    return lacking_changes(read_config(config), _parsed_options(asked))


def _parsed_options(asked: Asked) -> dict[str, object]:
    from iclip.commands.options import add_config_options

    parser = argparse.ArgumentParser()
    add_config_options(parser)
    return dict(parser.parse_args(["--cfg-options", *asked.cfg_options]).cfg_options)


def read_planned(text: str, asked: Asked) -> "Config":
    """Read a config's text as it is read in the run's folder, which need not be there."""
    from mmengine.config import Config

    import iclip.openmmlab  # noqa: F401  (before a config of downstream/ is read)
    from iclip.engine.start.config_files import read_config

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / CONFIG_FILE
        file.write_text(text, encoding="utf-8")
        settings = read_config(file).to_dict()
    return Config(settings, cfg_text=text, filename=str(Path(asked.out or "") / CONFIG_FILE))


def _different_tensors(plan: PlannedFinetuning, asked: Asked) -> str | None:
    """Say how the model whose heads are taken over differs from that of the config, if it does."""
    from iclip.checkpoints import compare_weights
    from iclip.planning.downstream import built_without_values

    model = plan.choice.heads.model
    if model is None:
        return None
    cfg = read_planned(plan.config, asked)
    report = compare_weights(built_without_values(cfg.model, cfg.default_scope), model.weights)
    different = [*report.missing, *report.left_over, *report.mismatched]
    return f"{counted(len(different), 'tensor')}, such as {different[0]}" if different else None
