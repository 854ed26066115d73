"""Caption files in the layouts that people have: the protocol's first, and none bent to fit."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from iclip.zeroshot.retrieval_sets import open_retrieval_set, read_captions, said


@pytest.mark.parametrize(
    ("name", "annotations", "images"),
    [
        ("flickr30k", "flickr30k_test_karpathy.txt", "Images"),
        ("coco", "annotations/captions_val2014.json", "val2014"),
    ],
)
def test_clip_benchmarks_layouts(name: str, annotations: str, images: str, tmp_path: Path):
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
    assert found.pictures.files == [str(below / "a.jpg"), str(below / "b.jpg")]
    assert found.captions == (("one, two", "three"), ("four",))


def karpathy(names: list[str], captions: int = 5) -> dict[str, Any]:
    sentences = [{"raw": f"caption {i}"} for i in range(captions)]
    return {"images": [{"filename": n, "split": "test", "sentences": sentences} for n in names]}


def coco(names: list[str], captions: int = 5) -> dict[str, Any]:
    return {
        "images": [{"id": i, "file_name": name} for i, name in enumerate(names)],
        "annotations": [
            {"image_id": i, "caption": f"caption {j}"}
            for i in range(len(names))
            for j in range(captions)
        ],
    }


def write_set(data_root: Path, name: str, content: Any) -> None:
    """Write a caption file of MS-COCO, and the folder that its images should lie in."""
    write(data_root / "coco" / name, content)
    (data_root / "coco/images").mkdir(parents=True, exist_ok=True)
    (data_root / "coco/val2014").mkdir(parents=True, exist_ok=True)


def write(path: Path, content: Any, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), **options)
    return path


@pytest.mark.parametrize("beside", [None, "coco_test_karpathy.json", "dataset_coco.json"])
def test_protocols_file_is_preferred(beside: str | None, tmp_path: Path):
    write_set(tmp_path, "annotations/captions_val2014.json", coco(["a.jpg", "b.jpg", "c.jpg"]))
    if beside is not None:
        content = coco(["a.jpg"], 6) if "test" in beside else karpathy(["a.jpg"], 6)
        write_set(tmp_path, beside, content)
    found = open_retrieval_set("coco", tmp_path)
    assert found.protocol == "coco/karpathy-test-5k"
    if beside is None:
        assert found.deviations(3, 15) == ("all of val2014 instead of Karpathy's test split",)
        expected = "captions_val2014.json: all of val2014, 3 images and 15 captions"
    else:
        assert found.deviations(1, 5) == ("1 of 5,000 images", "5 of 25,000 captions")
        expected = f"{beside}: Karpathy's test split, 1 images and 5 captions"
    assert found.deviations(5000, 25_000) == (() if beside else found.deviations(3, 15))
    assert expected in said(found)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings_are_recognised(encoding: str, tmp_path: Path):
    path = tmp_path / "captions.json"
    path.write_text(json.dumps(karpathy(["a.jpg"])), encoding=encoding)
    assert len(read_captions(path, tmp_path)) == 1
    table = tmp_path / "captions.txt"
    table.write_text("image,caption\na.jpg,caf\u00e9\n", encoding=encoding)
    assert read_captions(table, tmp_path).captions == (("caf\u00e9",),)


def test_quoted_captions_are_read_as_the_csv_module_writes_them(tmp_path: Path):
    rows = [("a.jpg", 'a "big", red dog'), ("a.jpg", "two\nlines"), ("b.jpg", "plain")]
    with open(tmp_path / "captions.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("image", "caption"), *rows])
    found = read_captions(tmp_path / "captions.csv", tmp_path)
    assert found.captions == (('a "big", red dog', "two\nlines"), ("plain",))


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["a.jpg,one, two, three"], r":2: 4 fields where 2 are expected, .* in double quotes"),
        (["a.jpg,one", "", "a.jpg"], r":4: 1 field where 2 are expected"),
        (["a.jpg,"], r":2 \(a\.jpg\): the caption is '', which is no text"),
        (["a.jpg,   "], r":2 \(a\.jpg\): the caption is '   '"),
        (['a.jpg,"two" words'], r":2: not CSV \("),
    ],
)
def test_line_of_a_csv_that_does_not_fit(lines: list[str], told: str, tmp_path: Path):
    path = tmp_path / "captions.txt"
    path.write_text("\n".join(["image,caption", *lines]) + "\n")
    with pytest.raises(ValueError, match=rf"captions\.txt{told}"):
        read_captions(path, tmp_path)


def test_table_of_another_form_is_refused_at_its_header(tmp_path: Path):
    path = tmp_path / "results.csv"
    path.write_text("image_name| comment_number| comment\na.jpg| 0| two\n")
    with pytest.raises(ValueError, match=r"csv:1: 1 field where 'image,caption' is expected"):
        read_captions(path, tmp_path)


def test_caption_that_is_not_a_text_is_refused(tmp_path: Path):
    content = karpathy(["a.jpg", "b.jpg"])
    content["images"][1]["sentences"] = [{"raw": float("nan")}]
    path = write(tmp_path / "c.json", content)
    with pytest.raises(ValueError, match=r"images\[1\] \(b\.jpg\): the caption is nan, which is"):
        read_captions(path, tmp_path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c["annotations"][3].update(image_id=9), r"annotations\[3\]: no image has .* 9"),
        (lambda c: c["images"][1].update(id=0), r"images\[1\]: the id 0 is also that of a\.jpg"),
        (lambda c: c["images"][1].update(file_name="a.jpg"), "1 images are listed twice"),
        (lambda c: c["annotations"].clear(), r"2 images of 2 without a caption: a\.jpg, b\.jpg"),
        (lambda c: c["images"].clear(), r"annotations\[0\]: no image has the id 0"),
    ],
)
def test_annotations_that_do_not_fit(change: Any, told: str, tmp_path: Path):
    content = coco(["a.jpg", "b.jpg"])
    change(content)
    with pytest.raises(ValueError, match=told):
        read_captions(write(tmp_path / "c.json", content), tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[1]", "it has no list 'images'"),
        (
            '{"images": [{"split": "test"}]}',
            r"images\[0\]: its 'filename' is 'None'; the ",
        ),
        ('{"images": [1]}', r"images\[0\]: its 'split' is '1'"),
        ('{"images": []}', "has no image of the test split"),
        ('{"images": [}', r"c\.json:1: not JSON"),
    ],
)
def test_file_of_another_form(text: str, told: str, tmp_path: Path):
    (tmp_path / "c.json").write_text(text)
    with pytest.raises(ValueError, match=told):
        read_captions(tmp_path / "c.json", tmp_path)


def test_image_that_is_listed_twice(tmp_path: Path):
    path = write(tmp_path / "c.json", karpathy(["a.jpg", "a.jpg"]))
    with pytest.raises(ValueError, match=r"images\[1\]: a\.jpg is listed twice"):
        read_captions(path, tmp_path)


def test_images_that_are_not_beside_their_captions(tmp_path: Path):
    write(tmp_path / "coco/dataset_coco.json", karpathy(["a.jpg"]))
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
