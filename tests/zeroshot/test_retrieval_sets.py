"""Retrieval sets in the layouts that people have: the protocol's own file first."""

import json
from pathlib import Path
from typing import Any

import pytest

from iclip.zeroshot.retrieval_sets import open_retrieval_set, read_captions, said
from tests.support.caption_files import coco, karpathy, write_json


@pytest.mark.parametrize(
    ("name", "annotations", "images"),
    [
        ("flickr30k", "flickr30k_test_karpathy.txt", "Images"),
        ("coco", "annotations/captions_val2014.json", "val2014"),
    ],
)
def test_layouts_of_clip_benchmark_are_found(
    name: str, annotations: str, images: str, tmp_path: Path
):
    path = tmp_path / name / annotations
    path.parent.mkdir(parents=True)
    if path.suffix == ".txt":
        path.write_text('image,caption\na.jpg,"one, two"\na.jpg,three\nb.jpg,four\n')
    else:
        captions = [(1, "one, two"), (1, "three"), (2, "four")]
        path.write_text(
            json.dumps(
                {
                    "images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg"}],
                    "annotations": [{"image_id": i, "caption": c} for i, c in captions],
                }
            )
        )
    (tmp_path / name / images).mkdir(exist_ok=True)
    found = open_retrieval_set(name, tmp_path)
    below = tmp_path / name / images
    assert found.reader.files == [str(below / "a.jpg"), str(below / "b.jpg")]
    assert found.captions == (("one, two", "three"), ("four",))


def write_coco(data_root: Path, name: str, content: Any) -> None:
    """Write a caption file of MS-COCO, and the folder that its images should lie in."""
    write_json(data_root / "coco" / name, content)
    (data_root / "coco/images").mkdir(parents=True, exist_ok=True)
    (data_root / "coco/val2014").mkdir(parents=True, exist_ok=True)


@pytest.mark.parametrize("beside", ["coco_test_karpathy.json", "dataset_coco.json"])
def test_file_of_the_protocol_is_preferred(beside: str, tmp_path: Path):
    write_coco(tmp_path, "annotations/captions_val2014.json", coco(["a.jpg", "b.jpg", "c.jpg"]))
    write = coco if "test" in beside else karpathy
    write_coco(tmp_path, beside, write(["a.jpg"], 6))
    found = open_retrieval_set("coco", tmp_path)
    assert found.protocol == "coco/karpathy-test-5k"
    assert found.deviations(1, 5) == ("1 of 5,000 images", "5 of 25,000 captions")
    assert found.deviations(5000, 25_000) == ()
    assert f"{beside}: Karpathy's test split, 1 images and 5 captions" in said(found)


def test_another_part_of_the_data_set_deviates_from_the_protocol(tmp_path: Path):
    write_coco(tmp_path, "annotations/captions_val2014.json", coco(["a.jpg", "b.jpg", "c.jpg"]))
    found = open_retrieval_set("coco", tmp_path)
    assert found.protocol == "coco/karpathy-test-5k"
    for counts in ((3, 15), (5000, 25_000)):
        assert found.deviations(*counts) == ("all of val2014 instead of Karpathy's test split",)
    assert "captions_val2014.json: all of val2014, 3 images and 15 captions" in said(found)


@pytest.mark.parametrize("caption", ["", "   "])
def test_blank_caption_is_refused_with_its_line(caption: str, tmp_path: Path):
    (tmp_path / "c.txt").write_text(f"image,caption\na.jpg,{caption}\n")
    with pytest.raises(ValueError, match=r"c\.txt:2 \(a\.jpg\): the caption is blank\. Correct"):
        read_captions(tmp_path / "c.txt", tmp_path)


def test_blank_captions_are_counted(tmp_path: Path):
    content = karpathy(["a.jpg", "b.jpg"])
    for image in content["images"]:
        image["sentences"][3]["raw"] = " "
    path = write_json(tmp_path / "c.json", content)
    with pytest.raises(ValueError, match=r"images\[0\] \(a\.jpg\): .* blank, and 1 more\. Correct"):
        read_captions(path, tmp_path)


def test_image_without_a_caption_is_refused(tmp_path: Path):
    path = write_json(tmp_path / "c.json", coco(["a.jpg"], 0))
    with pytest.raises(ValueError, match=r"c\.json: 1 image of 1 without a caption: a\.jpg"):
        read_captions(path, tmp_path)


def test_images_that_are_not_beside_their_captions_are_missed(tmp_path: Path):
    write_json(tmp_path / "coco/dataset_coco.json", karpathy(["a.jpg"]))
    with pytest.raises(FileNotFoundError, match=r"dataset_coco\.json is there, and its images are"):
        open_retrieval_set("coco", tmp_path)


@pytest.mark.parametrize(
    ("name", "error", "told"),
    [
        ("vg", ValueError, "--dataset vg is unknown; there are flickr30k, coco"),
        ("coco", FileNotFoundError, r"coco should hold dataset_coco\.json with images"),
    ],
)
def test_set_that_is_not_there(name: str, error: type[Exception], told: str, tmp_path: Path):
    with pytest.raises(error, match=told):
        open_retrieval_set(name, tmp_path)
