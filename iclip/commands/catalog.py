"""The sub-commands of ``iclip``: one line each, and nothing of them imported."""

from typing import NamedTuple


class SubCommand(NamedTuple):
    """A sub-command.

    Attributes:
        name: What a user types behind ``iclip``.
        module: Its module of :mod:`iclip.commands`.
        summary: What it does, in a line of the overview.
    """

    name: str
    module: str
    summary: str


GROUPS: dict[str, tuple[SubCommand, ...]] = {
    "Your own data": (
        SubCommand("finetune", "finetune", "fine-tune on a data set of your own, in one line"),
        SubCommand("predict", "predict", "draw boxes, masks or classes of images and videos"),
        SubCommand("evaluate", "evaluate", "figures of a fine-tuned model on a data set"),
        SubCommand("segment", "segment", "segment images by words, without a training"),
        SubCommand("demo", "demo", "open a page to try a model"),
    ),
    "Training": (
        SubCommand("pretrain", "pretrain", "CONFIG [GPUS]: pre-train on this machine's GPUs"),
        SubCommand("train", "train", "train what a config describes, with all options"),
        SubCommand("test", "test", "evaluate a checkpoint as its config says"),
        SubCommand("configs", "configs", "list the configs that come with the hub, or copy one"),
        SubCommand("plan", "plan", "memory, time and disk of a training, without a GPU"),
        SubCommand("replay", "replay", "run a step again that was not finite"),
    ),
    "Evaluation": (
        SubCommand("zeroshot", "zeroshot", "zero-shot classification of suites or of a folder"),
        SubCommand("retrieval", "retrieval", "images by captions, and captions by images"),
        SubCommand("probe", "probe", "linear probe and few-shot accuracy of a backbone"),
        SubCommand("embed", "embed", "write embeddings of images into a table"),
        SubCommand("eval-lvis", "eval_lvis", "LVIS box AP of a file of detections"),
        SubCommand("report", "report", "a page about runs, beside the paper's tables"),
        SubCommand("show-metrics", "show_metrics", "what a run on the toy world has learnt"),
    ),
    "Checkpoints": (
        SubCommand("checkpoint", "checkpoint", "verify checkpoints, or compare two"),
        SubCommand("interpolate", "interpolate", "weights between a training's start and its end"),
        SubCommand("export", "export", "write weights in another library's layout"),
        SubCommand("push", "push", "send a model to a hub, for everybody or for yourself"),
    ),
    "Data": (
        SubCommand("index-data", "index_data", "index shards and folders before a training"),
        SubCommand("build-class-texts", "build_class_texts", "make a table of class texts"),
        SubCommand("words", "words", "embed class texts or words of your own into a file"),
        SubCommand("fetch-wordnet", "fetch_wordnet", "fetch WordNet 3.0, once"),
        SubCommand("make-toy-data", "make_toy_data", "draw the toy world"),
    ),
    "Machine and measurements": (
        SubCommand("doctor", "doctor", "what works on this machine, and how to mend the rest"),
        SubCommand("benchmark", "benchmark", "measure parts of the hub beside other libraries"),
        SubCommand("compare-methods", "compare_methods", "the six methods on the toy world"),
        SubCommand(
            "compare-classifiers",
            "compare_classifiers",
            "by words or linear, on classes never shown",
        ),
        SubCommand("run-transfers", "run_transfers", "the three transfers on the toy world"),
    ),
}

COMMANDS = {command.name: command for group in GROUPS.values() for command in group}
"""All sub-commands by name."""
