"""The parts together, as mmengine's Runner builds them from a config."""

import pickle
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from iclip.text.class_texts import write_class_texts


@pytest.fixture(autouse=True)
def iclip_scope() -> Iterator[None]:
    with DefaultScope.overwrite_default_scope("iclip"):
        yield


@pytest.fixture
def config(
    tmp_path: Path,
    write_classes: Callable[..., Path],
    write_shard: Callable[..., Path],
    class_texts: Callable[..., Any],
) -> dict[str, Any]:
    write_class_texts(tmp_path / "t.jsonl", class_texts("a", "b"))
    for shard in range(2):
        write_shard(
            tmp_path / "pairs" / f"{shard}.tar", 10 * shard, [f"word {i}" for i in range(7)]
        )
    transform = {"type": "RandomResizedCropFlip", "size": 16}
    return {
        "dataset": {
            "type": "MixedSources",
            "labelled": {
                "type": "LabelledImages",
                "root": str(write_classes({"a": 4, "b": 5})),
                "class_texts": str(tmp_path / "t.jsonl"),
                "image_transform": transform,
            },
            "pairs": {
                "type": "ImageTextPairs",
                "shards": str(tmp_path / "pairs"),
                "image_transform": transform,
                "tokenizer": {"type": "CLIPTokenizer", "context_length": 8},
            },
        },
        "sampler": {"type": "SourceSampler"},
        "batch_sampler": {"type": "MixingBatchSampler", "ratio": (1, 2)},
        "batch_size": 6,
        "num_workers": 0,
        "collate_fn": {"type": "iclip.collate_samples"},
    }


def build(config: dict[str, Any], **changes: Any) -> DataLoader:
    return Runner.build_dataloader({**config, **changes}, seed=3)


def assert_same(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> None:
    assert len(one) == len(other)
    for first, second in zip(one, other, strict=True):
        assert first.keys() == second.keys()
        for key, value in first.items():
            assert (
                torch.equal(value, second[key]) if torch.is_tensor(value) else value == second[key]
            )


def test_runner_builds_it_and_batches_have_the_format(config: dict[str, Any]) -> None:
    loader = build(config)
    assert loader.batch_sampler.sampler.seed == 3
    for batch in islice(loader, 8):
        assert batch["inputs"].shape == (6, 3, 16, 16)
        assert batch["gt_labels"].shape == (2,)
        assert batch["token_ids"].shape == (4, 8)
        assert batch["decode_errors"] == []


@pytest.mark.parametrize("num_workers", [1, 2])
def test_workers_change_nothing(config: dict[str, Any], num_workers: int) -> None:
    assert_same(
        list(islice(build(config), 7)), list(islice(build(config, num_workers=num_workers), 7))
    )


def test_dataset_may_be_sent_to_a_spawned_worker(config: dict[str, Any]) -> None:
    loader = build(config)
    copy = pickle.loads(pickle.dumps(loader.dataset))
    assert_same(
        [loader.dataset[key] for key in next(iter(loader.batch_sampler))],
        [copy[key] for key in next(iter(loader.batch_sampler))],
    )


def test_global_random_state_changes_nothing(config: dict[str, Any]) -> None:
    first = list(islice(build(config), 4))
    torch.manual_seed(99)
    assert_same(first, list(islice(build(config), 4)))


@pytest.mark.parametrize("num_workers", [0, 2])
def test_resumes_at_the_exact_sample(config: dict[str, Any], num_workers: int) -> None:
    whole = list(islice(build(config), 9))
    resumed = build(config, num_workers=num_workers)
    resumed.batch_sampler.start_after({"labelled": 5 * 2, "pairs": 5 * 4})
    assert_same(whole[5:], list(islice(resumed, 4)))


def test_decode_errors_reach_the_batch(config: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "labelled" / "a" / "002.jpg").write_bytes(b"<html>")
    batches = list(islice(build(config, num_workers=1), 9))
    errors = [error for batch in batches for error in batch["decode_errors"]]
    # 18 labelled images are two epochs of 9; the damaged one comes once in each.
    assert len(errors) == 2
    assert all("a/002.jpg: not an image" in str(error) for error in errors)


def test_batch_that_cannot_hold_the_ratio_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"batch_size=8 cannot hold ratio=\(1, 2\)"):
        build(config, batch_size=8)
