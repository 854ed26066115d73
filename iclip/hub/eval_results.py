"""Figures in the hub's form, ``.eval_results/*.yaml``: a list of scores on benchmarks of the hub.

The form is Hugging Face's (huggingface/hub-docs, ``docs/hub/eval-results.md``): id of the data set
and of the task, value, notes. The hub shows a score beside a leaderboard where the data set is a
registered benchmark.
"""

import re

import yaml

from iclip.hub.card_figures import Figure
from iclip.hub.model_card import Card

FOLDER = ".eval_results"

# Data sets of the Hugging Face Hub by the protocols of this hub.
HUB_DATA_SETS = {
    "imagenet1k/val": "ILSVRC/imagenet-1k",
    "kornblith12/food101": "ethz/food101",
    "kornblith12/cifar10": "uoft-cs/cifar10",
    "kornblith12/cifar100": "uoft-cs/cifar100",
}
_TASK = "default"


def eval_results(card: Card) -> dict[str, str]:
    """Return the files by their names in the folder: a file for each data set.

    Only what follows a public protocol on all of its images is a result on that data set; other
    figures stand in the model card.
    """
    files: dict[str, list[Figure]] = {}
    for figure in card.figures:
        if figure.protocol in HUB_DATA_SETS and figure.complete and not figure.deviations:
            files.setdefault(figure.protocol or "", []).append(figure)
    return {
        f"{FOLDER}/{re.sub('[^a-z0-9]+', '_', protocol)}.yaml": yaml.safe_dump(
            [_entry(protocol, figure) for figure in figures], sort_keys=False, allow_unicode=True
        )
        for protocol, figures in files.items()
    }


def _entry(protocol: str, figure: Figure) -> dict[str, object]:
    told = (figure.metric, figure.counted, figure.how, f"protocol {protocol} of iclip")
    return {
        "dataset": {"id": HUB_DATA_SETS[protocol], "task_id": _TASK},
        "value": round(figure.value, 4),
        "notes": "; ".join(filter(None, told)),
    }
