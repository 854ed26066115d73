"""Files of captions in several formats; what does not fit is refused with its place."""

import csv
from pathlib import Path
from typing import Any

import pytest

from iclip.datasets.readers.captions import CaptionFile, read_caption_file, read_karpathy
from iclip.datasets.retrieval_images import RetrievalImages
from iclip.zeroshot.retrieval_sets import read_captions
from tests.support.caption_files import coco, karpathy, write_json


def captions_of(file: CaptionFile) -> dict[str, list[str]]:
    return {image.file: image.captions for image in file.images}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings_are_recognized(encoding: str, tmp_path: Path) -> None:
    path = write_json(tmp_path / "captions.json", karpathy(["a.jpg"]), encoding)
    assert captions_of(read_caption_file(path))["a.jpg"][4] == "caption 4"
    table = tmp_path / "captions.txt"
    table.write_text("image,caption\na.jpg,café\n", encoding=encoding)
    assert captions_of(read_caption_file(table)) == {"a.jpg": ["café"]}


def test_quoted_captions_are_read_as_the_csv_module_writes_them(tmp_path: Path) -> None:
    rows = [("a.jpg", 'a "big", red dog'), ("a.jpg", "two\nlines"), ("b.jpg", "plain")]
    with open(tmp_path / "captions.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("image", "caption"), *rows])
    assert captions_of(read_caption_file(tmp_path / "captions.csv")) == {
        "a.jpg": ['a "big", red dog', "two\nlines"],
        "b.jpg": ["plain"],
    }


def test_captions_of_an_image_need_not_stand_together(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("image,caption\na.jpg,one\nb.jpg,two\na.jpg,three\n")
    assert captions_of(read_caption_file(tmp_path / "c.csv")) == {
        "a.jpg": ["one", "three"],
        "b.jpg": ["two"],
    }


def test_blank_captions_are_set_apart_with_their_places(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("image,caption\na.jpg,one\na.jpg,\na.jpg,   \n")
    (image,) = read_caption_file(tmp_path / "c.csv").images
    assert image.captions == ["one"]
    assert image.blank == [f"{tmp_path}/c.csv:3", f"{tmp_path}/c.csv:4"]


def test_images_and_splits_of_karpathys_file(tmp_path: Path) -> None:
    content = karpathy(["a.jpg", "b.jpg", "c.jpg"], captions=1)
    content["images"][0].update(filepath="val2014")
    content["images"][1].update(filepath=None)
    content["images"][2].update(split="restval")
    file = read_karpathy(write_json(tmp_path / "c.json", content), "test")
    assert captions_of(file) == {"val2014/a.jpg": ["caption 0"], "b.jpg": ["caption 0"]}
    assert file.splits == {"test": 2, "restval": 1}


def test_validation_and_evaluation_read_the_same(tmp_path: Path, tokenizer: Any) -> None:
    content = karpathy(["0.jpg", "1.jpg", "2.jpg", "3.jpg"], captions=6)
    content["images"][1].update(filepath="val")
    content["images"][2].update(split="train")
    content["images"][3].update(filepath=None)
    path = write_json(tmp_path / "c.json", content)
    for name in ("0.jpg", "val/1.jpg", "3.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    validation = RetrievalImages(path, tmp_path, lambda encoded, seed: encoded, tokenizer)
    evaluation = read_captions(path, tmp_path)
    names = [validation.sample_name(number) for number in range(len(validation))]
    assert names == evaluation.reader.files
    for number, captions in enumerate(evaluation.captions):
        assert validation[number]["token_ids"].equal(tokenizer(captions))


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["a.jpg,one, two, three"], r":2: 4 fields where 2 are expected, .* in double quotes"),
        (["a.jpg,one", "", "a.jpg"], r":4: 1 field where 2 are expected"),
        (['a.jpg,"two" words'], r":2: not CSV \("),
    ],
)
def test_line_of_a_csv_that_does_not_fit_is_named(
    lines: list[str], told: str, tmp_path: Path
) -> None:
    path = tmp_path / "captions.txt"
    path.write_text("\n".join(["image,caption", *lines]) + "\n")
    with pytest.raises(ValueError, match=rf"captions\.txt{told}"):
        read_caption_file(path)


def test_table_of_another_form_is_refused_at_its_header(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    path.write_text("image_name| comment_number| comment\na.jpg| 0| two\n")
    with pytest.raises(ValueError, match=r"csv:1: 1 field where 'image,caption' is expected"):
        read_caption_file(path)


@pytest.mark.parametrize("caption", [float("nan"), None, 3, "\ud800"])
def test_caption_that_is_not_a_text_is_refused(caption: Any, tmp_path: Path) -> None:
    content = karpathy(["a.jpg", "b.jpg"])
    content["images"][1]["sentences"] = [{"raw": caption}]
    path = write_json(tmp_path / "c.json", content)
    with pytest.raises(ValueError, match=r"images\[1\] \(b\.jpg\): the caption is .*, not a text"):
        read_caption_file(path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c["annotations"][3].update(image_id=9), r"annotations\[3\]: no image has .* 9"),
        (lambda c: c["images"][1].update(id=0), r"images\[1\]: the id 0 is also that of a\.jpg"),
        (lambda c: c["images"][1].update(file_name="a.jpg"), r"c\.json: 1 image listed twice"),
        (lambda c: c["images"].clear(), r"annotations\[0\]: no image has the id 0"),
    ],
)
def test_annotations_that_do_not_fit_are_named(change: Any, told: str, tmp_path: Path) -> None:
    content = coco(["a.jpg", "b.jpg"])
    change(content)
    with pytest.raises(ValueError, match=told):
        read_caption_file(write_json(tmp_path / "c.json", content))


@pytest.mark.parametrize("write", [karpathy, coco])
def test_images_without_a_caption_are_named(write: Any, tmp_path: Path) -> None:
    file = read_caption_file(write_json(tmp_path / "c.json", write(["a.jpg", "b.jpg"], 0)))
    with pytest.raises(ValueError, match=r"2 images of 2 without a caption: a\.jpg, b\.jpg"):
        file.check_captions()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[1]", "has no list 'images': it is neither Karpathy's JSON"),
        ("{}", "has no list 'images'"),
        ('{"images": [1]}', r"images\[0\]: its 'split' is '1': it is neither Karpathy's JSON"),
        ('{"images": [{"split": "test"}]}', r"images\[0\]: its 'filename' is 'None'"),
        ('{"images": [{"split": "test", "filename": "a"}]}', "its 'sentences' is 'None'"),
        ('{"images": []}', "has no image in split='test'; it has no image"),
        ('{"images": [{"split": "val"}]}', "no image in split='test'; it has 1 in 'val'"),
        ('{"images": [}', r"c\.json is not a JSON file: .*line 1"),
    ],
)
def test_file_of_another_form_is_refused(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(text)
    with pytest.raises(ValueError, match=told):
        read_caption_file(tmp_path / "c.json")


def test_image_that_is_listed_twice_is_refused(tmp_path: Path) -> None:
    path = write_json(tmp_path / "c.json", karpathy(["a.jpg", "a.jpg"]))
    with pytest.raises(ValueError, match=r"images\[1\]: a\.jpg is listed twice"):
        read_caption_file(path)


def test_filepath_that_is_not_a_text_is_refused(tmp_path: Path) -> None:
    content = karpathy(["a.jpg"])
    content["images"][0]["filepath"] = True
    path = write_json(tmp_path / "c.json", content)
    with pytest.raises(ValueError, match=r"images\[0\] \(a\.jpg\): the filepath is True, not a"):
        read_caption_file(path)
