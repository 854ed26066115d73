"""Figures in the hub's form, ``.eval_results/*.yaml``: a list of scores on benchmarks of the hub.

The form is Hugging Face's (huggingface/hub-docs, ``docs/hub/eval-results.md``): ids of the data set
and of the task in its ``eval.yaml``, value, notes. A data set and a task have one score. The hub
shows it beside a leaderboard where the data set is a registered benchmark, and passes over it where
it is not.
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
# Of a protocol's metrics, the one by which these data sets rank models.
_RANKED_BY = "top1"


def eval_results(card: Card) -> dict[str, str]:
    """Return the files by their names in the folder: a file for each data set.

    Only what follows a public protocol on all of its images is a result on that data set, and of
    several the last; other figures stand in the model card.
    """
    ranked: dict[str, Figure] = {}
    for figure in card.figures:
        is_ranked = figure.metric.rpartition("/")[2] == _RANKED_BY
        is_complete = figure.complete and not figure.deviations
        if figure.protocol in HUB_DATA_SETS and is_ranked and is_complete:
            ranked[figure.protocol] = figure
    return {
        f"{FOLDER}/{re.sub('[^a-z0-9]+', '_', protocol)}.yaml": yaml.safe_dump(
            [_entry(protocol, figure)], sort_keys=False, allow_unicode=True
        )
        for protocol, figure in ranked.items()
    }


def _entry(protocol: str, figure: Figure) -> dict[str, object]:
    told = (figure.metric, figure.counted, figure.how, f"protocol {protocol} of iclip")
    return {
        "dataset": {"id": HUB_DATA_SETS[protocol], "task_id": _TASK},
        "value": round(figure.value, 4),
        "notes": "; ".join(filter(None, told)),
    }
