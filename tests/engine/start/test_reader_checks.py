"""A check before the start and the reader it stands for refuse the same, for the same reason."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config
from PIL import Image

from iclip.engine.start.launch import Launch
from iclip.engine.start.preflight import NotReadyError, check_ready
from iclip.engine.start.reader_checks import reader_problems
from iclip.registry import DATASETS
from tests.support.bucket_server import BucketServer

TRANSFORM = dict(type="ResizeCenterCrop", size=8)
TOKENIZER = dict(type="CLIPTokenizer", context_length=16)
Build = Callable[[Path], dict[str, Any]]


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (9, 9)).save(path, "JPEG")


def shard(path: Path, *names: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(path.parent / "0")
    (path.parent / "1").write_text("a caption")
    with tarfile.open(path, "w") as tar:
        for name in names:
            tar.add(path.parent / ("1" if name.endswith("txt") else "0"), name)
    (path.parent / "0").unlink()
    (path.parent / "1").unlink()


def labelled(root: Path, *ids: str) -> dict[str, Any]:
    table = root.with_suffix(".jsonl")
    table.write_text("".join(json.dumps({"id": id, "names": [id]}) + "\n" for id in ids))
    return dict(
        type="LabelledImages", root=str(root), class_texts=str(table), image_transform=TRANSFORM
    )


def pairs(shards: Any) -> dict[str, Any]:
    return dict(
        type="ImageTextPairs", shards=shards, image_transform=TRANSFORM, tokenizer=TOKENIZER
    )


def table(path: Path, content: bytes, **more: Any) -> dict[str, Any]:
    picture(path.parent / "0.jpg")
    path.write_bytes(content)
    settings = dict(table=str(path), image_transform=TRANSFORM, tokenizer=TOKENIZER, **more)
    return dict(type="ImageTextTable", **settings)


def odd_folders(folder: Path) -> dict[str, Any]:
    """Everything that may lie among class folders."""
    for name in ("a/0.JPG", "a/deeper/1.jpeg", "b/._0.jpg", "b/2.jpg", ".trash/3.jpg", "4.jpg"):
        picture(folder / "root" / name)
    (folder / "root" / "linked").symlink_to(folder / "root" / "b")
    (folder / "root" / "README").touch()
    return labelled(folder / "root", "linked", "b", "a", "unused")


def odd_tars(folder: Path) -> dict[str, Any]:
    for name in ("a.tar", "b.TAR"):
        shard(folder / "root" / name, "x/0.jpg", "._0.jpg", "0.xml.txt")
    for name in ("._a.tar", "a.tar.gz", "notes.txt"):
        (folder / "root" / name).touch()
    return labelled(folder / "root", "a", "b")


def folders_and_tars(folder: Path) -> dict[str, Any]:
    picture(folder / "root" / "a" / "0.jpg")
    shard(folder / "root" / "b.tar", "0.jpg")
    return labelled(folder / "root", "a", "b")


def class_outside_the_table(folder: Path) -> dict[str, Any]:
    picture(folder / "root" / "a" / "0.jpg")
    return labelled(folder / "root", "b")


def table_of_classes_in_a_code_page(folder: Path) -> dict[str, Any]:
    settings = class_outside_the_table(folder)
    Path(settings["class_texts"]).write_bytes(b'{"id": "a", "names": ["\xfc"]}\n')
    return settings


def no_classes(folder: Path) -> dict[str, Any]:
    picture(folder / "root" / "0.jpg")
    return labelled(folder / "root", "a")


def odd_shards(folder: Path) -> dict[str, Any]:
    for name in ("0.tar", "1.TAR", "b[2].tar"):
        shard(folder / name, "0.jpg", "0.txt")
    for name in ("._0.tar", "stats.json"):
        (folder / name).touch()
    return pairs(str(folder))


def pattern_with_brackets(folder: Path) -> dict[str, Any]:
    shard(folder / "b[2].tar", "0.jpg", "0.txt")
    return pairs([f"{folder}/b[2].tar"])


def incomplete_braces(folder: Path) -> dict[str, Any]:
    shard(folder / "00000.tar", "0.jpg", "0.txt")
    return pairs(f"{folder}/{{00000..00002}}.tar")


def braces_that_do_not_match(folder: Path) -> dict[str, Any]:
    shard(folder / "00000.tar", "0.jpg", "0.txt")
    return pairs(f"{folder}/{{00000..00002.tar")


def folder_without_tars(folder: Path) -> dict[str, Any]:
    (folder / "00000.tar.gz").touch()
    return pairs(str(folder))


def semicolon_table(folder: Path) -> dict[str, Any]:
    return table(folder / "t.csv", "sep=;\r\nfilepath;caption\r\n0.jpg;ü\r\n".encode("utf-16"))


def table_without_the_column(folder: Path) -> dict[str, Any]:
    return table(folder / "t.csv", b"file,caption\n0.jpg,a\n")


def table_in_a_code_page(folder: Path) -> dict[str, Any]:
    return table(folder / "t.csv", b"filepath,caption,\xfc\n0.jpg,a,b\n")


def table_without_its_images(folder: Path) -> dict[str, Any]:
    return table(
        folder / "t.csv", b"filepath,caption\n0.jpg,a\n", image_root=str(folder / "nowhere")
    )


FIT = [odd_folders, odd_tars, odd_shards, pattern_with_brackets, semicolon_table]
UNFIT = [
    folders_and_tars,
    class_outside_the_table,
    table_of_classes_in_a_code_page,
    no_classes,
    incomplete_braces,
    braces_that_do_not_match,
    folder_without_tars,
    table_without_the_column,
    table_in_a_code_page,
    table_without_its_images,
]


def problems(settings: dict[str, Any]) -> list[str]:
    cfg = Config(dict(train_dataloader=dict(dataset=dict(type="MixedSources", part=settings))))
    return reader_problems(cfg, ["train_dataloader", "val_dataloader"])


@pytest.mark.parametrize("build", FIT)
def test_what_the_reader_takes_passes(build: Build, tmp_path: Path) -> None:
    settings = build(tmp_path)
    assert problems(settings) == []
    assert len(DATASETS.build(settings)) > 0


@pytest.mark.parametrize("build", UNFIT)
def test_what_the_reader_refuses_is_refused_in_its_words(build: Build, tmp_path: Path) -> None:
    settings = build(tmp_path)
    with pytest.raises((ValueError, OSError)) as refused:
        DATASETS.build(settings)
    assert problems(settings) == [f"Data: train_dataloader.dataset.part: {refused.value}"]


def test_missing_setting_is_named_with_its_place() -> None:
    assert problems(dict(type="iclip.ImageTextPairs")) == [
        "Data: train_dataloader.dataset.part (iclip.ImageTextPairs) lacks the setting 'shards'"
    ]


@pytest.mark.parametrize("name", ["CocoDataset", "mmdet.CocoDataset", "iclip.Misspelt"])
def test_other_types_are_not_judged(name: str) -> None:
    assert problems(dict(type=name, root="/nowhere")) == []


def test_problems_are_part_of_what_a_run_lacks(tmp_path: Path) -> None:
    cfg = Config(dict(train_dataloader=dict(dataset=incomplete_braces(tmp_path))))
    with pytest.raises(NotReadyError, match=r"1\. Data: train_dataloader\.dataset: .* 2 of 3 shar"):
        check_ready(cfg, Launch(1, "cpu"), {"ICLIP_DATA": str(tmp_path)})


def test_urls_are_left_to_their_readers(bucket: BucketServer, tmp_path: Path) -> None:
    found = problems(pairs("s3://bucket/shards/{00000..00006}.tar"))
    assert found == [
        "Data: train_dataloader.dataset.part: ImageTextPairs(shards=...) is "
        "'s3://bucket/shards/{00000..00006}.tar': 1 of 7 shards are missing, the first is "
        "s3://bucket/shards/00006.tar. To go on for good without them, set leave_out=['00006.tar']"
    ]
    assert problems(pairs("s3://bucket/shards")) == []
    cfg = Config(dict(train_dataloader=dict(dataset=pairs("s3://bucket/shards"))))
    check_ready(cfg, Launch(1, "cpu"), {"ICLIP_DATA": "s3://bucket"})


@pytest.mark.parametrize("name", ["LVISV1Dataset", "mmaction.VideoDataset"])
def test_urls_of_the_downstream_tasks_are_refused(name: str) -> None:
    settings = dict(type=name, data_root="s3://b/lvis", data_prefix=dict(img="https://host/"))
    remedy = (
        "images, annotations and videos of the downstream tasks are read from local disks; copy "
        "them there, or mount the bucket"
    )
    place = "Data: train_dataloader.dataset.part"
    assert problems(settings) == [
        f"{place}.data_root is 's3://b/lvis': {remedy}",
        f"{place}.data_prefix.img is 'https://host/': {remedy}",
    ]
