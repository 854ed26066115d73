"""ImageNet-1K's validation images, in the forms that people have them."""

from pathlib import Path

import pytest
from open_clip import zero_shot_metadata
from timm.data import ImageNetInfo

from iclip.zeroshot.classification_suites import open_suite
from tests.zeroshot.kornblith_pictures import paint

WNIDS = ImageNetInfo("imagenet-1k").label_names()


def draw(data_root: Path, names: list[str], below: str = "a.JPEG") -> None:
    for number, name in enumerate(names):
        paint(data_root / "in1k/val" / name / below, number)


def why_missing(data_root: Path) -> str:
    found, (line,) = open_suite("imagenet1k", data_root)
    assert not found
    return line


def test_goldfish_is_class_1():
    """Known by heart: n01443537 is the goldfish, class 1 of ILSVRC2012."""
    assert WNIDS[1] == "n01443537"
    assert zero_shot_metadata.IMAGENET_CLASSNAMES[1] == "goldfish"


@pytest.mark.parametrize("form", ["wnids", "numbers", "nested"])
def test_each_image_has_its_folders_class(form: str, tmp_path: Path):
    folders = WNIDS if form != "numbers" else [str(i) for i in range(1000)]
    draw(tmp_path, list(folders), "deep/er/a.jpeg" if form == "nested" else "a.JPEG")
    images = open_suite("imagenet1k", tmp_path)[0]["imagenet1k"]
    for row in (0, 1, 10, 999):
        folder = Path(images.reader.name(row)).parts[0]
        label = images.labelled.labels[row]
        assert label == (WNIDS.index(folder) if form != "numbers" else int(folder))
        assert images.class_texts[int(label)].id == WNIDS[label]
    assert len(images.reader) == 1000
    assert bool(images.notes) == (form == "numbers")
    assert images.deviations(images.labelled.labels) == ("1,000 of 50,000 images",)


def test_some_of_the_classes_say_so(tmp_path: Path):
    draw(tmp_path, WNIDS[500:502])
    images = open_suite("imagenet1k", tmp_path)[0]["imagenet1k"]
    assert images.labelled.labels.tolist() == [500, 501]
    told = images.deviations(images.labelled.labels)
    assert told == ("2 of 50,000 images", "2 of 1,000 classes")


def test_images_without_folders_say_where_their_classes_are(tmp_path: Path):
    paint(tmp_path / "in1k/val/ILSVRC2012_val_00000001.JPEG", 1)
    told = why_missing(tmp_path)
    assert "val holds 1 image and no folders of classes: sort them into a folder per Wo" in told


def test_folder_of_another_data_set_is_refused(tmp_path: Path):
    draw(tmp_path, [*WNIDS[:3], "n00000001"])
    assert "val: 1 name of 4 that no class has: n00000001; the classes are n0" in why_missing(
        tmp_path
    )
