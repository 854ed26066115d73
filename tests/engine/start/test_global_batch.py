"""A config's global batch is divided among the ranks of a run, and put into its data loader."""

import math
from typing import Any

import pytest
from mmengine.config import Config

from iclip.batch_sizes import BatchSizes
from iclip.engine.start.global_batch import (
    batch_problems,
    batch_sizes_of,
    set_batch_options,
    set_batch_sizes,
)


def config(loader: dict[str, Any] | None = None, **settings: Any) -> Config:
    """A pre-training config of 12 labelled images and 24 pairs per step, as the hub's are."""
    sampler = dict(type="MixingBatchSampler", ratio=(1, 2))
    stated = dict(
        global_batch_size=36,
        train_dataloader=dict(batch_sampler=sampler, num_workers=2, **(loader or {})),
        train_cfg=dict(type="ResumableTrainLoop", max_iters=1000),
        optim_wrapper=dict(optimizer=dict(type="AdamW", lr=1e-3)),
    )
    return Config({**stated, **settings})


def downstream() -> Config:
    return Config(dict(train_dataloader=dict(batch_size=2), auto_scale_lr=dict(enable=True)))


@pytest.mark.parametrize(
    ("processes", "micro_batch_size", "expected"),
    [
        (1, None, BatchSizes(36, 1, 36, 1)),
        (2, None, BatchSizes(36, 2, 18, 1)),
        (2, 9, BatchSizes(36, 2, 9, 2)),
        (2, "auto", BatchSizes(36, 2, 18, 1)),
        # More than a rank's share: a config that states 9 for few GPUs runs on many.
        (6, 9, BatchSizes(36, 6, 6, 1)),
    ],
)
def test_step_is_the_config_s_on_any_number_of_ranks(
    processes: int, micro_batch_size: int | str | None, expected: BatchSizes
):
    assert batch_sizes_of(config(micro_batch_size=micro_batch_size), processes) == expected


def test_config_without_a_global_batch_states_the_share_of_a_rank():
    cfg = config(dict(batch_size=12), global_batch_size=None)
    assert batch_sizes_of(cfg, 3) == BatchSizes(36, 3, 12, 1)
    cfg.micro_batch_size = 6
    assert batch_sizes_of(cfg, 3) == BatchSizes(36, 3, 6, 2)


def test_downstream_task_has_no_global_batch():
    assert batch_sizes_of(downstream(), 8) is None


def test_sizes_reach_loader_and_sampler():
    cfg = config(micro_batch_size=9)
    set_batch_sizes(cfg, BatchSizes(36, 2, 9, 2))
    loader = cfg.train_dataloader
    assert (loader.batch_size, loader.batch_sampler.accumulation) == (9, 2)
    assert (cfg.global_batch_size, cfg.micro_batch_size) == (36, 9)
    assert loader.batch_sampler.ratio == (1, 2) and loader.num_workers == 2


def test_dumped_config_of_a_run_is_divided_anew():
    cfg = config(micro_batch_size=9)
    set_batch_sizes(cfg, BatchSizes(36, 2, 9, 2))
    again = Config.fromstring(cfg.pretty_text, ".py")
    assert batch_sizes_of(again, 1) == BatchSizes(36, 1, 9, 4)


@pytest.mark.parametrize(
    ("cfg", "expected"),
    [
        (config(), r"global_batch_size=36 cannot be shared equally by 5 processes .* 30 or 45"),
        (config(global_batch_size="all"), r"global_batch_size is 'all'; it takes a whole number"),
        (
            config(global_batch_size=None),
            r"states no samples of a step\. State global_batch_size \(--global-batch-size\)",
        ),
        (
            config(dict(batch_size=0), global_batch_size=None),
            r"train_dataloader\.batch_size is 0; it takes a whole number",
        ),
        (
            config(dict(batch_size=8)),
            r"states global_batch_size=36 and train_dataloader\.batch_size=8\..*leave out train_d",
        ),
        (
            Config(dict(train_dataloader=dict(batch_sampler=dict(ratio=(1, 1), accumulation=2)))),
            r"states train_dataloader\.batch_sampler\.accumulation=2\. State global_batch_size",
        ),
        (
            config(optim_wrapper=dict(accumulative_counts=4)),
            r"optim_wrapper\.accumulative_counts=4 .* as micro_batch_size.*--micro-batch-size",
        ),
    ],
    ids=["ranks", "global", "none", "rank", "twice", "accumulation", "accumulative_counts"],
)
def test_what_cannot_be_divided_is_a_problem_of_the_start(cfg: Config, expected: str):
    (problem,) = batch_problems(cfg, 5, "cpu")
    assert problem.startswith("Batch: ")
    with pytest.raises(ValueError, match=expected):
        batch_sizes_of(cfg, 5, "cpu")


def test_memory_is_asked_of_gpus_alone():
    (problem,) = batch_problems(config(micro_batch_size="auto"), 2, "cpu")
    assert problem.startswith("Batch: micro_batch_size='auto' finds out what a GPU's memory holds")
    assert batch_problems(config(micro_batch_size="auto"), 2, "cuda") == []


def test_what_can_be_divided_is_no_problem():
    assert batch_problems(config(), 6, "cpu") == batch_problems(downstream(), 6, "cpu") == []


def test_options_replace_what_the_config_states():
    cfg = config(micro_batch_size=9)
    set_batch_options(cfg, 72, 6)
    assert batch_sizes_of(cfg, 2) == BatchSizes(72, 2, 6, 6)
    set_batch_options(cfg, None, None)
    assert batch_sizes_of(cfg, 2) == BatchSizes(72, 2, 6, 6)


def test_option_replaces_the_share_that_a_config_states():
    cfg = config(dict(batch_size=12), global_batch_size=None)
    assert set_batch_options(cfg, 24, None) == [
        "global_batch_size=24; the learning rate stays as the config says"
    ]
    assert batch_sizes_of(cfg, 2) == BatchSizes(24, 2, 12, 1)


def test_other_batch_says_what_becomes_of_the_learning_rate_and_the_length():
    rate, length = set_batch_options(config(), 18, None)
    assert "global_batch_size=18 in place of the config's 36: optim_wrapper.optimizer.lr " in rate
    assert (
        f"stays 0.001. The square-root rule gives {1e-3 * math.sqrt(0.5):.3g}, the linear rule "
        "0.0005 (--cfg-options optim_wrapper.optimizer.lr=...)" in rate
    )
    assert "max_iters stays 1,000 steps: 0.5 times the samples" in length
    assert "takes 2,000 steps" in length


def test_the_config_s_own_batch_needs_no_words():
    assert set_batch_options(config(), 36, 9) == []


@pytest.mark.parametrize("size", [0, -4])
def test_option_is_a_size(size: int):
    with pytest.raises(ValueError, match=f"--global-batch-size is {size}; it takes a whole numb"):
        set_batch_options(config(), size, None)


def test_options_are_refused_for_a_downstream_task():
    expected = (
        r"--global-batch-size and --micro-batch-size are for pre-training.*--cfg-options "
        r"train_dataloader\.batch_size=N; .* auto_scale_lr"
    )
    for sizes in ((64, None), (None, 8)):
        with pytest.raises(ValueError, match=expected):
            set_batch_options(downstream(), *sizes)
