import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader

from iclip.datasets.image_text_pairs import ImageTextPairs
from iclip.datasets.labelled_images import LabelledImages
from iclip.datasets.mixed_sources import MixedSources
from iclip.datasets.readers.decoding import DecodeError
from iclip.datasets.sample_key import SampleKey
from iclip.datasets.transforms import RandomResizedCropFlip
from iclip.files import transient
from iclip.hashing import hash_words


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


def test_sample_is_named_by_its_source_and_file(
    labelled: LabelledImages, pairs: ImageTextPairs, tmp_path: Path
) -> None:
    names = [MixedSources(labelled, pairs).sample_name(SampleKey(s, 2, 11)) for s in (0, 1)]
    assert names[0].startswith("labelled: ") and names[0].endswith("cat/002.jpg")
    assert names[1].startswith(f"pairs: {tmp_path / '0.tar'}: ")


def replacements(key: SampleKey, size: int, count: int) -> list[int]:
    """The samples that take a damaged one's place: the hash that `iclip.hashing` states."""
    return [int(hash_words(key.seed, number)[0] % size) for number in range(count)]


def seed_whose_replacements_are(first: int, second: int) -> int:
    keys = (SampleKey(0, 0, seed) for seed in range(10_000))
    return next(key.seed for key in keys if replacements(key, 5, 2) == [first, second])


def test_damaged_sample_is_replaced_by_any_of_the_source(
    labelled: LabelledImages, tmp_path: Path
) -> None:
    break_images(tmp_path / "labelled", [1, 4])
    seed = seed_whose_replacements_are(4, 2)
    sample = MixedSources(labelled)[SampleKey(0, 1, seed)]
    assert sample["gt_label"] == labelled.labels[2]
    assert torch.equal(sample["image"], labelled.load(2, seed)["image"])
    assert len(sample["decode_errors"]) == 2
    failure = sample["decode_errors"][0]
    assert str(failure).startswith("labelled: ")
    assert "cat/001.jpg: not an image" in str(failure)
    assert failure.kind == "labelled: not an image" and failure.file == ""


@pytest.mark.parametrize(("allowed", "sound"), [(1, False), (2, True)])
def test_replacements_are_bounded(
    labelled: LabelledImages, tmp_path: Path, allowed: int, sound: bool
) -> None:
    break_images(tmp_path / "labelled", [0, 1])
    dataset = MixedSources(labelled, max_replacements=allowed)
    key = SampleKey(0, 0, next(
        seed for seed in range(10_000) if replacements(SampleKey(0, 0, seed), 5, 2) == [1, 3]
    ))  # fmt: skip
    if sound:
        assert len(dataset[key]["decode_errors"]) == 2
    else:
        with pytest.raises(DecodeError, match=r"2 samples in a row.*max_replacements=1.*001.jpg"):
            dataset[key]


def test_damaged_shard_costs_its_samples_and_no_more(
    tmp_path: Path, write_shard: Callable[..., Path], tokenizer: Any
) -> None:
    """Its samples are neighbors, and so would be the samples that a next one stands for."""
    shards = [str(write_shard(tmp_path / f"{i}.tar", 100 * i, ["x"] * 30)) for i in range(3)]
    dataset = MixedSources(None, ImageTextPairs(shards, RandomResizedCropFlip(8), tokenizer))
    with open(shards[1], "r+b") as file:
        file.truncate(0)
    keys = [SampleKey(1, index, 7 * index) for index in range(90)]
    samples = dataset.__getitems__(keys)
    errors = [error for sample in samples for error in sample["decode_errors"]]
    assert {error.file for error in errors} == {shards[1]}
    assert [bool(sample["decode_errors"]) for sample in samples] == [
        30 <= i < 60 for i in range(90)
    ]
    again = dataset.__getitems__(keys)
    assert all(
        torch.equal(one["image"], other["image"]) for one, other in zip(samples, again, strict=True)
    )


@pytest.mark.parametrize("read_threads", [0, 1, 5])
def test_batch_is_that_of_its_samples_in_the_order_of_the_keys(
    labelled: LabelledImages, pairs: ImageTextPairs, tmp_path: Path, read_threads: int
) -> None:
    break_images(tmp_path / "labelled", [3])
    dataset = MixedSources(labelled, pairs, read_threads=read_threads)
    places = [(0, 4), (0, 0), (0, 3), (0, 3), (1, 2), (1, 0), (1, 1), (1, 2)]
    keys = [SampleKey(source, index, 11 * n) for n, (source, index) in enumerate(places)]
    for got, key in zip(dataset.__getitems__(keys), keys, strict=True):
        alone = dataset[key]
        assert got.keys() == alone.keys() and torch.equal(got["image"], alone["image"])
        assert got["decode_errors"] == alone["decode_errors"]
        assert got.get("gt_label") == alone.get("gt_label")
        assert ("token_ids" in got) == (key.source == 1)
    assert dataset.__getitems__([]) == []


def test_files_of_a_batch_are_read_in_the_order_of_the_disk(
    labelled: LabelledImages, encode: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    image = encode()
    begun: list[int] = []
    monkeypatch.setattr(
        LabelledImages, "read", lambda self, stored: begun.append(stored) or (image,)
    )
    dataset = MixedSources(labelled, read_threads=0)
    dataset.__getitems__([SampleKey(0, index, 0) for index in (4, 2, 0, 3, 1)])
    assert begun == [0, 1, 2, 3, 4]


def test_files_of_a_batch_are_read_at_once(
    labelled: LabelledImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    barrier = threading.Barrier(5, timeout=20)
    read = LabelledImages.read

    def waiting_read(self: LabelledImages, stored: int) -> tuple[bytes, ...]:
        barrier.wait()  # until five reads wait at once
        return read(self, stored)

    monkeypatch.setattr(LabelledImages, "read", waiting_read)
    dataset = MixedSources(labelled, read_threads=5)
    samples = dataset.__getitems__([SampleKey(0, index, 0) for index in (4, 2, 0, 3, 1)])
    assert [sample["gt_label"] for sample in samples] == labelled.labels[[4, 2, 0, 3, 1]].tolist()


@pytest.mark.parametrize("code", [errno.EIO, errno.ETIMEDOUT, errno.ESTALE])
def test_transient_error_is_tried_again_and_counted(
    labelled: LabelledImages,
    pairs: ImageTextPairs,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
) -> None:
    dataset, keys = MixedSources(labelled, pairs), [SampleKey(0, 1, 5), SampleKey(1, 2, 6)]
    whole = dataset.__getitems__(keys)
    failures = [OSError(code, os.strerror(code)) for _ in range(3)]
    pread = os.pread

    def failing(*arguments: int) -> bytes:
        if failures:
            raise failures.pop()
        return pread(*arguments)

    monkeypatch.setattr(os, "pread", failing)
    monkeypatch.setattr(transient, "sleep", lambda seconds: None)
    samples = dataset.__getitems__(keys)
    assert not failures and [sample["decode_errors"] for sample in samples] == [[], []]
    assert samples[0].pop("read_retries") == 3
    for sample, expected in zip(samples, whole, strict=True):
        assert torch.equal(sample["image"], expected["image"])


def test_vanished_file_counts_as_damaged(labelled: LabelledImages, tmp_path: Path) -> None:
    (tmp_path / "labelled" / "cat" / "000.jpg").unlink()
    (error,) = MixedSources(labelled)[SampleKey(0, 0, 5)]["decode_errors"]
    assert str(error).endswith("cat/000.jpg: No such file or directory")
    assert error.file == str(tmp_path / "labelled" / "cat" / "000.jpg")


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


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs Linux's /proc")
def test_data_workers_find_class_tars_open(
    tmp_path: Path,
    write_tar: Callable[..., Path],
    encode: Callable[..., bytes],
    class_texts: Callable[..., Any],
) -> None:
    for number, name in enumerate(("cat", "dog")):
        images = {f"{i}.jpg": encode(seed=10 * number + i) for i in range(3)}
        write_tar(tmp_path / "tars" / f"{name}.tar", images)
    source = LabelledImages(tmp_path / "tars", class_texts("cat", "dog"), RandomResizedCropFlip(8))
    keys = [SampleKey(0, index, 5 + index) for index in (4, 0, 3, 1)]
    expected = [source.load(key.index, key.seed) for key in keys]
    dataset = MixedSources(source)
    for tar in (tmp_path / "tars").glob("*.tar"):
        tar.unlink()  # a worker cannot open it any more
    loader = DataLoader(
        dataset,
        batch_sampler=[keys[:2], keys[2:]],  # type: ignore[arg-type]  # keys as numbers
        num_workers=2,
        collate_fn=list,
        multiprocessing_context="fork",
    )
    found = [sample for batch in loader for sample in batch]
    for sample, other in zip(found, expected, strict=True):
        assert sample["decode_errors"] == [] and sample["gt_label"] == other["gt_label"]
        assert torch.equal(sample["image"], other["image"])
