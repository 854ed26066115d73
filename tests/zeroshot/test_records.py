"""What is recorded of a model, and the lines that a user reads."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from iclip.results import Classification, SetResult
from iclip.text.class_texts import read_class_texts
from iclip.zeroshot.classification_suites import own_set
from iclip.zeroshot.embedding_model import ImageTextEmbedder, Origin
from iclip.zeroshot.records import data_lines, model_line, model_settings, result_line


def test_checkpoint_is_named_by_its_content(tiny: ImageTextEmbedder, tmp_path: Path):
    (tmp_path / "a.pth").write_bytes(b"weights")
    settings = model_settings(replace(tiny, origin=Origin(tmp_path / "a.pth", "ICLIP", 960)))
    assert settings.checkpoint == hashlib.sha256(b"weights").hexdigest()
    assert (settings.method, settings.samples_seen) == ("ICLIP", 960)


def test_model_of_no_single_file_has_no_checkpoint(tiny: ImageTextEmbedder):
    assert model_settings(replace(tiny, origin=Origin())).checkpoint is None


@pytest.mark.parametrize(("note", "end"), [("", "projection"), ("an old file", "; an old file")])
def test_model_line_says_what_the_model_sees(note: str, end: str, tiny: ImageTextEmbedder):
    line = model_line(replace(tiny, name="m", resize=40, origin=Origin(note=note)))
    assert line.startswith("m: short side 40 pixels (bicubic), center of 32, fp32 on cpu, ")
    assert line.endswith(end)


def test_data_lines_name_other_files(photos: Path, table: Path):
    texts = read_class_texts(table)
    (photos / "n2/notes.txt").touch()
    images = replace(own_set(photos, texts), notes=("read by hand",))
    told = f"1 .txt file ({photos}/n2/notes.txt)"
    assert data_lines("own", images) == [
        "own: read by hand",
        f"own: files that are not images: {told}",
    ]


@pytest.mark.parametrize(
    ("images", "classes", "told"),
    [(None, None, "1,200 images 7 classes"), (1500, 9, "1,200 of 1,500 images 7 of 9 classes")],
)
def test_result_line_counts_what_was_there(images: int | None, classes: int | None, told: str):
    detail = Classification(classes_with_images=7, expected_classes=classes)
    part = SetResult(("own",), {"own/top1": 12.5}, 1200, images, split="val", detail=detail)
    assert " ".join(result_line(part).split()) == f"own 12.50 top-1 {told} (val)"
