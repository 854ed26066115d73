"""Data in a bucket or on a web server: the samples are those of the same files on a disk."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.registry import DefaultScope
from mmengine.runner import Runner

from iclip.datasets.image_text_pairs import ImageTextPairs
from iclip.datasets.image_text_table import ImageTextTable
from iclip.datasets.labelled_images import LabelledImages
from iclip.datasets.readers.decoding import DecodeError
from iclip.datasets.retrieval_images import RetrievalImages
from iclip.datasets.sample_source import SampleSource
from iclip.datasets.transforms import ResizeCenterCrop
from iclip.text.class_texts import write_class_texts
from tests.support.bucket_server import BucketServer
from tests.support.web_server import WebServer

TRANSFORM = ResizeCenterCrop(16)


@pytest.fixture(autouse=True)
def iclip_scope(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    # Where the indices of URLs lie by default.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    with DefaultScope.overwrite_default_scope("iclip"):
        yield


@pytest.fixture
def disk(
    tmp_path: Path,
    write_shard: Callable[..., Path],
    write_tar: Callable[..., Path],
    write_classes: Callable[..., Path],
    class_texts: Callable[..., Any],
    encode: Callable[..., bytes],
) -> Path:
    root = tmp_path / "disk"
    for shard in range(3):
        captions = [f"{shard} {number}" for number in range(4)]
        write_shard(root / "pairs" / f"{shard}.tar", 10 * shard, captions)
    for number, name in enumerate(("cat", "dog")):
        images = {f"{name}_{i}.JPEG": encode(seed=10 * number + i) for i in range(3)}
        write_tar(root / "tars" / f"{name}.tar", images)
    write_classes({"cat": 2, "dog": 3}, root / "folders")
    write_class_texts(root / "texts.jsonl", class_texts("cat", "dog"))
    (root / "table.csv").write_text("filepath,caption\ncat/000.jpg,a\ndog/004.jpg,b\n")
    sentences = [{"raw": "a caption"}]
    images = [{"filename": "cat/001.jpg", "split": "test", "sentences": sentences}]
    (root / "karpathy.json").write_text(json.dumps({"images": images}))
    return root


def contents(disk: Path) -> dict[str, bytes]:
    files = (path for path in disk.rglob("*") if path.is_file() and ".idx" not in path.name)
    return {path.relative_to(disk).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def in_bucket(disk: Path, bucket: BucketServer) -> Iterator[str]:
    """The URL of the same files in a bucket of their own."""
    bucket.fill("world", contents(disk))
    yield "s3://world"
    for entry in bucket.client.list_objects_v2(Bucket="world").get("Contents", ()):
        bucket.client.delete_object(Bucket="world", Key=entry["Key"])
    bucket.client.delete_bucket(Bucket="world")


@pytest.fixture
def on_web(disk: Path, web: WebServer) -> str:
    web.files.update({f"/{name}": content for name, content in contents(disk).items()})
    return web.url


def assert_same(source: SampleSource, other: SampleSource) -> None:
    assert len(source) == len(other) > 0
    for index in range(len(source)):
        first, second = source[index], other[index]
        assert first.keys() == second.keys()
        assert all(torch.equal(*map(torch.as_tensor, (first[k], second[k]))) for k in first)


@pytest.mark.parametrize("cached", [False, True])
@pytest.mark.parametrize("place", ["folder", "pattern", "braces", "web"])
def test_pairs_are_those_of_the_disk(
    place: str, cached: bool, disk: Path, tokenizer: Any, request: pytest.FixtureRequest
) -> None:
    root = request.getfixturevalue("on_web" if place == "web" else "in_bucket")
    shards = {"folder": "", "pattern": "/*.tar"}.get(place, "/{0..2}.tar")
    storage = {"cache": str(disk / "cache"), "cache_gb": 0.001} if cached else None
    pairs = partial(ImageTextPairs, image_transform=TRANSFORM, tokenizer=tokenizer)
    remote = pairs(f"{root}/pairs{shards}", storage=storage)
    assert_same(remote, pairs(str(disk / "pairs")))
    assert remote.sample_name(0) == f"{root}/pairs/0.tar: 000000000.jpg"
    assert str(remote.summary()).startswith(f"ImageTextPairs {root}/pairs{shards}: 12 pairs, 3 sh")
    assert (disk / "cache").exists() == cached


@pytest.mark.parametrize("layout", ["tars", "folders"])
def test_labelled_images_are_those_of_the_disk(layout: str, disk: Path, in_bucket: str) -> None:
    texts = {"class_texts": f"{in_bucket}/texts.jsonl", "image_transform": TRANSFORM}
    remote = LabelledImages(f"{in_bucket}/{layout}/", **texts)
    assert_same(remote, LabelledImages(disk / layout, **texts))
    assert remote.sample_name(0).startswith(f"{in_bucket}/{layout}/cat")


def test_table_and_its_images_are_those_of_the_disk(
    disk: Path, in_bucket: str, on_web: str, tokenizer: Any
) -> None:
    table = partial(ImageTextTable, image_transform=TRANSFORM, tokenizer=tokenizer)
    local = table(disk / "table.csv", image_root=disk / "folders")
    for root in (in_bucket, on_web):
        assert_same(table(f"{root}/table.csv", image_root=f"{root}/folders"), local)
    # Lists of the field hold the images' addresses.
    (disk / "urls.tsv").write_text(
        f"url\tcaption\n{on_web}/folders/cat/000.jpg\ta\n{on_web}/folders/dog/004.jpg\tb\n"
    )
    assert_same(table(disk / "urls.tsv", filepath_column="url"), local)


def test_retrieval_images_are_those_of_the_disk(
    disk: Path, in_bucket: str, on_web: str, tokenizer: Any
) -> None:
    images = partial(RetrievalImages, image_transform=TRANSFORM, tokenizer=tokenizer)
    local = images(disk / "karpathy.json", disk / "folders")
    for root in (in_bucket, on_web):
        assert_same(images(f"{root}/karpathy.json", f"{root}/folders"), local)
        with pytest.raises(FileNotFoundError, match=r"1 of 1 images are missing, such as cat/001"):
            images(f"{root}/karpathy.json", f"{root}/pairs")


def loader(root: str, workers: int, texts: str, storage: Mapping[str, Any] | None) -> Any:
    transform = {"type": "RandomResizedCropFlip", "size": 16}
    config = {
        "dataset": {
            "type": "MixedSources",
            "labelled": {
                "type": "LabelledImages",
                "root": f"{root}/tars",
                "class_texts": texts,
                "image_transform": transform,
                "storage": storage,
            },
            "pairs": {
                "type": "ImageTextPairs",
                "shards": f"{root}/pairs",
                "image_transform": transform,
                "tokenizer": {"type": "CLIPTokenizer", "context_length": 8},
                "storage": storage,
            },
        },
        "sampler": {"type": "SourceSampler"},
        "batch_sampler": {"type": "MixingBatchSampler", "ratio": (1, 2)},
        "batch_size": 6,
        "num_workers": workers,
        "collate_fn": {"type": "iclip.collate_samples"},
    }
    return iter(Runner.build_dataloader(config, seed=3))


@pytest.mark.parametrize("cached", [False, True])
def test_data_workers_read_what_the_disk_holds(
    cached: bool, disk: Path, in_bucket: str, bucket: BucketServer
) -> None:
    """They are forked after this process has asked the server; faults occur meanwhile."""
    texts = str(disk / "texts.jsonl")
    storage = {"cache": str(disk / "cache"), "cache_gb": 0.1} if cached else None
    here = loader(str(disk), 0, texts, None)
    there = loader(in_bucket, 2, texts, storage)
    bucket.faults.extend([500, "cut", 503])
    for _ in range(4):
        expected, batch = next(here), next(there)
        assert not batch["decode_errors"]
        for part in ("inputs", "gt_labels", "token_ids"):
            assert torch.equal(batch[part], expected[part])
    assert not bucket.faults


def test_web_server_without_ranges_is_read_through_copies(
    disk: Path, on_web: str, web: WebServer, tokenizer: Any
) -> None:
    web.ranges = False
    pairs = partial(ImageTextPairs, image_transform=TRANSFORM, tokenizer=tokenizer)
    shards = f"{on_web}/pairs/{{0..2}}.tar"
    with pytest.raises(ValueError, match=r"no range requests.* Keep whole copies with sto"):
        pairs(shards)
    web.requests.clear()
    storage = {"cache": str(disk / "cache"), "cache_gb": 0.001}
    assert_same(pairs(shards, storage=storage), pairs(str(disk / "pairs")))
    # The copies that were indexed are those that are read.
    assert [web.requests["GET", f"/pairs/{number}.tar"] for number in range(3)] == [1, 1, 1]


@pytest.mark.parametrize("source", [ImageTextPairs, LabelledImages])
def test_copies_are_indexed_before_a_run(source: Any, disk: Path, in_bucket: str) -> None:
    cache = disk / "cache"
    settings = {
        "shards": f"{in_bucket}/pairs",
        "root": f"{in_bucket}/tars",
        "storage": {"cache": str(cache), "cache_gb": 0.001},
    }
    with ThreadPoolExecutor(2) as threads:
        source.index_files(settings, threads, 2)
    assert len(list(cache.glob("*.shard"))) == (3 if source is ImageTextPairs else 2)


def test_shard_larger_than_the_cache_is_not_damaged(
    disk: Path, in_bucket: str, tokenizer: Any
) -> None:
    storage = {"cache": str(disk / "cache"), "cache_gb": 1e-6}
    with pytest.raises(ValueError, match=r"pairs/0\.tar has 0\.000 GB, the cache may hold 0\.000"):
        ImageTextPairs(
            f"{in_bucket}/pairs", TRANSFORM, tokenizer, storage=storage, damaged_shards=1
        )


def test_object_that_vanished_is_named(
    disk: Path, in_bucket: str, bucket: BucketServer, tokenizer: Any
) -> None:
    pairs = ImageTextPairs(f"{in_bucket}/pairs", TRANSFORM, tokenizer)
    bucket.client.delete_object(Bucket="world", Key="pairs/1.tar")
    with pytest.raises(DecodeError, match=r"s3://world/pairs/1\.tar: .*there is no s3://") as error:
        pairs[5]
    assert error.value.kind == "missing file"
    assert pairs[0] and pairs[11]


@pytest.mark.parametrize("cached", [False, True])
def test_object_that_was_replaced_during_the_run_is_not_read(
    disk: Path, in_bucket: str, bucket: BucketServer, tokenizer: Any, cached: bool
) -> None:
    storage = dict(cache=disk / "copies", cache_gb=1) if cached else None
    pairs = ImageTextPairs(f"{in_bucket}/pairs", TRANSFORM, tokenizer, storage=storage)
    other = (disk / "pairs" / "1.tar").read_bytes()
    assert len(other) == (disk / "pairs" / "0.tar").stat().st_size
    bucket.client.put_object(Bucket="world", Key="pairs/0.tar", Body=other)
    with pytest.raises(
        DecodeError, match=r"pairs/0\.tar changed after .* as many as before"
    ) as error:
        pairs[0]
    assert error.value.file == f"{in_bucket}/pairs/0.tar"
    assert tokenizer.decode(pairs[5]["token_ids"]).startswith("1 ")


def test_changed_object_is_indexed_anew(
    disk: Path, in_bucket: str, bucket: BucketServer, tokenizer: Any
) -> None:
    pairs = partial(ImageTextPairs, f"{in_bucket}/pairs", TRANSFORM, tokenizer)
    assert tokenizer.decode(pairs()[0]["token_ids"]) == "0 0"
    other = (disk / "pairs" / "1.tar").read_bytes()
    bucket.client.put_object(Bucket="world", Key="pairs/0.tar", Body=other)
    before = bucket.request_count
    assert tokenizer.decode(pairs()[0]["token_ids"]) == "1 0"
    asked = bucket.request_count - before
    assert pairs() and bucket.request_count - before - asked < asked


def test_indices_lie_in_the_folder_that_is_named(
    disk: Path, in_bucket: str, tokenizer: Any
) -> None:
    ImageTextPairs(f"{in_bucket}/pairs", TRANSFORM, tokenizer, index_folder=disk / "indices")
    assert len(list((disk / "indices").glob("*.idx.npz"))) == 3
    assert not os.path.exists(os.environ["XDG_CACHE_HOME"])


def test_check_before_the_start_asks_the_server(in_bucket: str) -> None:
    ImageTextPairs.check_files({"shards": f"{in_bucket}/pairs"})
    texts = f"{in_bucket}/texts.jsonl"
    LabelledImages.check_files({"root": f"{in_bucket}/tars", "class_texts": texts})
    with pytest.raises(FileNotFoundError, match=r"s3://world/none': no \.tar there|1 of 1 shards"):
        ImageTextPairs.check_files({"shards": f"{in_bucket}/none"})
    with pytest.raises(FileNotFoundError, match=r"'s3://world/none': there is no such folder"):
        LabelledImages.check_files({"root": f"{in_bucket}/none", "class_texts": texts})
    for check, settings in (
        (ImageTextPairs.check_files, {"shards": f"{in_bucket}/pairs"}),
        (LabelledImages.check_files, {"root": f"{in_bucket}/tars", "class_texts": texts}),
    ):
        with pytest.raises(ValueError, match=r"write both storage=dict\(cache="):
            check({**settings, "storage": {"cache": "/disk"}})
