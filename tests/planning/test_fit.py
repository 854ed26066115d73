"""The largest micro-batch that fits, and what else is tried, for a step with a known need."""

import math

import pytest

from iclip.planning.fit import Remedies, largest_fitting
from tests.planning.made_steps import MadeStep


@pytest.mark.parametrize(
    ("memory", "largest"),
    [(4.7, 1), (8, 4), (8.1, 4), (12.1, 8), (70, 32), (1000, 256), (4.6, None)],
)
def test_the_largest_that_fits_is_found(memory: float, largest: int | None):
    step = MadeStep()
    sizes = step.sizes(1)
    found = largest_fitting(step, [*step.smaller(sizes), sizes], memory, str)
    assert (found and found[0].micro_batch_size) == largest
    assert len(step.traced) <= math.ceil(math.log2(9 + 1))


def test_no_candidates_fit_nothing():
    assert largest_fitting(MadeStep(), [], 80, str) is None


def tried(memory: float, shares: bool = True) -> list[str]:
    step = MadeStep(shares)
    sizes = step.sizes(1)
    return list(Remedies(step, sizes, step.trace(sizes), memory, str))


def test_each_change_is_tried_and_what_came_of_it_is_said():
    smaller, cheap, checkpointing, two, four = tried(80)
    assert smaller == "--micro-batch-size 64: 70.8 GiB, +0% operations per GPU: fits"
    assert cheap.startswith("--cfg-options model.backbone.with_cp=cheap: 138.0 GiB, +33%")
    assert cheap.endswith("does not fit either")
    assert checkpointing.startswith("--cfg-options model.backbone.with_cp=True: 37.2 GiB, +33%")
    assert checkpointing.endswith("fits")
    assert two.startswith("--gpus 2 (256 = 2 GPUs x 1 x 128): ") and two.endswith("not fit either")
    assert four.startswith("--gpus 4 ") and four.endswith("fits")  # and no more are tried


def test_where_no_single_change_fits_two_are_tried_together():
    none, cheap, alone, both = tried(4.0, shares=False)
    assert cheap.endswith("does not fit either")
    assert none == "no smaller micro-batch fits, not even 1"
    assert alone.endswith("does not fit either")
    assert both == (
        "--micro-batch-size 1 with with_cp=True: 3.7 GiB, +33% operations per GPU: fits"
    )


def test_gpus_that_cannot_share_the_batch_are_not_tried():
    assert not [line for line in tried(80, shares=False) if line.startswith("--gpus")]


def test_a_cheaper_form_that_fits_is_enough():
    lines = [line for line in tried(140) if "with_cp" in line]
    assert [line.split(":")[0] for line in lines] == ["--cfg-options model.backbone.with_cp=cheap"]
