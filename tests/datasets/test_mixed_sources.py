from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from iclip.datasets.image_text_pairs import ImageTextPairs
from iclip.datasets.labelled_images import LabelledImages
from iclip.datasets.mixed_sources import MixedSources
from iclip.datasets.readers.decoding import DecodeError
from iclip.datasets.sample_key import SampleKey
from iclip.datasets.transforms import RandomResizedCropFlip


@pytest.fixture
def labelled(write_classes: Callable[..., Path], class_texts: Callable[..., Any]) -> LabelledImages:
    root = write_classes({"cat": 3, "dog": 2})
    return LabelledImages(root, class_texts("dog", "cat"), RandomResizedCropFlip(8))


@pytest.fixture
def pairs(tmp_path: Path, write_shard: Callable[..., Path], tokenizer: Any) -> ImageTextPairs:
    shard = write_shard(tmp_path / "0.tar", 100, ["one", "two", "three"])
    return ImageTextPairs(str(shard), RandomResizedCropFlip(8), tokenizer)


def break_images(root: Path, numbers: list[int]) -> None:
    for path in sorted(root.rglob("*.jpg")):
        if int(path.stem) in numbers:
            path.write_bytes(b"broken")


def test_key_chooses_source_and_sample(
    labelled: LabelledImages, pairs: ImageTextPairs, tokenizer: Any
) -> None:
    dataset = MixedSources(labelled, pairs)
    assert (dataset.source_sizes, len(dataset)) == ((5, 3), 8)
    # Folders are sorted by class; the pairs lie in one shard.
    assert dataset.source_shards[0] is None
    assert dataset.source_shards[1].tolist() == [0, 3]
    first, second = dataset[SampleKey(0, 4, 11)], dataset[SampleKey(1, 2, 12)]
    assert first["gt_label"] == 0 and "token_ids" not in first
    assert tokenizer.decode(second["token_ids"]) == "three" and "gt_label" not in second
    assert torch.equal(first["image"], labelled.load(4, 11)["image"])
    assert torch.equal(second["image"], pairs.load(2, 12)["image"])
    assert first["decode_errors"] == second["decode_errors"] == []


def test_damaged_sample_is_replaced_by_the_next(labelled: LabelledImages, tmp_path: Path) -> None:
    break_images(tmp_path / "labelled", [1, 2])
    sample = MixedSources(labelled)[SampleKey(0, 1, 5)]
    assert sample["gt_label"] == 0
    assert torch.equal(sample["image"], labelled.load(3, 5)["image"])
    assert len(sample["decode_errors"]) == 2
    failure = sample["decode_errors"][0]
    assert str(failure).startswith("labelled: ")
    assert "cat/001.jpg: not an image" in str(failure)
    assert failure.kind == "labelled: not an image"


def test_after_the_last_sample_comes_the_first(labelled: LabelledImages, tmp_path: Path) -> None:
    break_images(tmp_path / "labelled", [4])
    sample = MixedSources(labelled)[SampleKey(0, 4, 5)]
    assert torch.equal(sample["image"], labelled.load(0, 5)["image"])


@pytest.mark.parametrize(("allowed", "sound"), [(1, False), (2, True)])
def test_replacements_are_bounded(
    labelled: LabelledImages, tmp_path: Path, allowed: int, sound: bool
) -> None:
    break_images(tmp_path / "labelled", [0, 1])
    dataset = MixedSources(labelled, max_replacements=allowed)
    if sound:
        assert len(dataset[SampleKey(0, 0, 5)]["decode_errors"]) == 2
    else:
        with pytest.raises(DecodeError, match=r"2 samples in a row .*max_replacements=1.*001.jpg"):
            dataset[SampleKey(0, 0, 5)]


def test_vanished_file_counts_as_damaged(labelled: LabelledImages, tmp_path: Path) -> None:
    (tmp_path / "labelled" / "cat" / "000.jpg").unlink()
    (error,) = MixedSources(labelled)[SampleKey(0, 0, 5)]["decode_errors"]
    assert str(error).endswith("cat/000.jpg: No such file or directory")


def test_absent_source_has_size_zero(pairs: ImageTextPairs) -> None:
    dataset = MixedSources(pairs=pairs)
    assert dataset.source_sizes == (0, 3)
    assert "token_ids" in dataset[SampleKey(1, 0, 0)]


def test_no_source_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="MixedSources needs labelled=dict"):
        MixedSources()


def test_each_source_says_what_it_read(labelled: LabelledImages, pairs: ImageTextPairs) -> None:
    told = MixedSources(labelled, pairs).summaries()
    assert {name: str(summary) for name, summary in told.items()} == {
        "labelled": str(labelled.summary()),
        "pairs": str(pairs.summary()),
    }
    assert list(MixedSources(None, pairs).summaries()) == ["pairs"]
