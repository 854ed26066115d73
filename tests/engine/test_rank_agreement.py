"""Ranks that would train different runs are stopped before the first step."""

import copy
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from iclip.engine import rank_agreement
from iclip.engine.rank_agreement import check_ranks_agree, facts_of
from iclip.text.class_texts import ClassText
from tests.support.fake_runner import fake_runner


class Images:
    """Samples by the names of their files."""

    def __init__(self, files: list[str]) -> None:
        self.files = files
        self.stored_count = len(files)

    def __len__(self) -> int:
        return self.stored_count

    def sample_name(self, stored: int) -> str:
        return self.files[stored]


def rank(files: list[str] | None = None, **parts: Any) -> Any:
    """The runner of a rank that trains on two sources and validates on two data sets."""
    torch.manual_seed(0)
    source = Images(files or ["/data/a/1.jpg", "/data/a/2.jpg", "/data/b/1.jpg"])
    mixed = SimpleNamespace(source_names=("labelled", "pairs"), sources=(source, None))
    loop = SimpleNamespace(
        dataloader=SimpleNamespace(dataset=mixed),
        step_facts=lambda: {"the micro-batch": parts.pop("batch", 4)},
    )
    loaders = [SimpleNamespace(dataset=[0] * size) for size in parts.pop("val", (5, 6))]
    defaults = dict(
        model=nn.Linear(2, 3),
        train_loop=loop,
        val_loop=SimpleNamespace(dataloaders=loaders),
        iter=60,
    )
    return fake_runner(**{**defaults, **parts})


@pytest.fixture
def compare(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Compare ranks, the first of which is this process."""

    def check(*runners: Any) -> None:
        facts = [(f"node{number}", facts_of(runner)) for number, runner in enumerate(runners)]
        monkeypatch.setattr(rank_agreement, "gather_objects", lambda own: facts)
        monkeypatch.setattr(rank_agreement, "get_world_size", lambda: len(runners))
        check_ranks_agree(runners[0])

    return check


def other_weights() -> nn.Module:
    model = copy.deepcopy(rank().model)
    with torch.no_grad():
        model.bias.mul_(2)
    return model


def test_equal_ranks_pass_wherever_their_data_lie(compare: Any):
    compare(rank(), rank(["/mnt/a/1.jpg", "/mnt/a/2.jpg", "/mnt/b/1.jpg"]), rank())


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            dict(batch=2),
            "the ranks would not train one run: the micro-batch is 4 on rank 0, but 2 on rank 2 on "
            "node2. Start all machines with the same command, config and checkpoint",
        ),
        (dict(iter=40), "the iteration is 60 on rank 0, but 40 on rank 2 on node2. Each rank has"),
        (
            dict(model=other_weights()),
            "the digest of the weights is .* on rank 2 on node2. Each rank has loaded another file "
            "than run/latest.pth: copy rank 0's to every machine, or name a --work-dir",
        ),
        (
            dict(files=["/data/a/1.jpg", "/data/b/1.jpg"]),
            "the number of samples of train_dataloader, labelled is 3 on rank 0, but 2 on rank 2 "
            "on node2. Give all machines the same files, indices and class-text table",
        ),
        (
            dict(files=["/data/a/1.jpg", "/data/a/3.jpg", "/data/b/1.jpg"]),
            "the digest of the samples' names of train_dataloader, labelled is ",
        ),
        (dict(val=(5, 7)), r"the number of samples of val_dataloader\[1\] is 6 on rank 0, but 7"),
    ],
)
def test_rank_that_differs_is_named(compare: Any, other: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        compare(rank(), rank(), rank(**other))


def test_other_class_texts_are_noticed(compare: Any):
    ranks = [rank(), rank()]
    for number, runner in enumerate(ranks):
        runner.model.class_texts = [ClassText("n1", ("a", "b")[number:], "")]
    with pytest.raises(ValueError, match="the digest of the class texts is"):
        compare(*ranks)


def test_loop_of_a_framework_states_no_sizes_of_a_step(compare: Any):
    ranks = [rank(val_loop=None), rank(val_loop=None)]
    for runner in ranks:
        runner.train_loop = SimpleNamespace(dataloader=SimpleNamespace(dataset=[0] * 3))
    compare(*ranks)
