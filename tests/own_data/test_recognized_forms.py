"""Each tool's form of segmentation and video data is recognized as one format, and completed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from iclip.own_data import recognize
from iclip.tasks import SEGMENTATION, VIDEO
from tests.support.mask_folders import (
    cvat_camvid,
    cvat_segmentation_mask,
    labels,
    pascal_voc,
    roboflow_masks,
    write_image,
    write_numbers,
)
from tests.support.official_lists import write_ucf_lists


def simple_masks(root: Path) -> None:
    for number in range(5):
        write_image(root / f"images/{number}.jpg")
        write_numbers(root / f"masks/{number}.png", labels(number, 2))


def videos(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")


def video_folders(root: Path) -> None:
    videos(root, *(f"{name}/{number}.mp4" for name in ("run", "jump") for number in range(5)))


def video_list(root: Path) -> None:
    video_folders(root)
    lines = [f"{name}/{n}.mp4 {name}" for name in ("run", "jump") for n in range(5)]
    (root / "train.txt").write_text("\n".join(lines))


def ucf101(root: Path) -> None:
    """The official lists, with more videos, and the videos as their archive unpacks."""
    (root / "ucfTrainTestlist").mkdir()
    write_ucf_lists(root / "ucfTrainTestlist")
    for split in (1, 2, 3):
        file = root / f"ucfTrainTestlist/trainlist0{split}.txt"
        more = [line.replace("c01", f"c0{n}") for n in (2, 3) for line in file.open()]
        file.write_text(file.read_text() + "".join(more))
        names = [line.split()[0] for line in file.open()]
        tested = (root / f"ucfTrainTestlist/testlist0{split}.txt").read_text().split()
        videos(root / "UCF-101", *names, *tested)


@pytest.mark.parametrize(
    ("write", "task", "format"),
    [
        (simple_masks, SEGMENTATION, "masks"),
        (cvat_camvid, SEGMENTATION, "masks"),
        (roboflow_masks, SEGMENTATION, "masks"),
        (cvat_segmentation_mask, SEGMENTATION, "Pascal VOC"),
        (pascal_voc, SEGMENTATION, "Pascal VOC"),
        (video_folders, VIDEO, "class folders"),
        (video_list, VIDEO, "list"),
        (ucf101, VIDEO, "official splits"),
    ],
)
def test_form_of_a_tool(write: Callable[[Path], object], task: str, format: str, tmp_path: Path):
    write(tmp_path)
    data = recognize(tmp_path, task)
    assert data.format == format
    assert len(data.parts["train"]) > 0 and len(data.parts["val"]) > 0


def test_two_formats_at_once_are_an_error_that_shows_how_to_say_it(tmp_path: Path):
    simple_masks(tmp_path)
    (tmp_path / "data.yaml").write_text("train: images\nval: images\nnames: [cat]\n")
    told = r"signs of masks \(images and masks\) and YOLO .* --format masks or --format yolo"
    with pytest.raises(ValueError, match=told):
        recognize(tmp_path, SEGMENTATION)
    assert recognize(tmp_path, SEGMENTATION, "masks").format == "masks"
