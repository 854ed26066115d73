"""Label maps and lists that are written, and what stays where it is."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iclip.datasets.readers.label_map_list import read_label_map_list
from iclip.own_data.data_set import OwnData
from iclip.own_data.masks.label_maps import write_segmentation
from iclip.own_data.voc import segmentation as voc_masks
from iclip.tasks import SEGMENTATION
from tests.support.mask_folders import cvat_segmentation_mask, pascal_voc


def data_of(root: Path) -> OwnData:
    read = voc_masks.read(root, SEGMENTATION)
    return OwnData(SEGMENTATION, "Pascal VOC", root, read.classes, read.parts)


def test_masks_of_colors_become_label_maps(tmp_path: Path):
    drawn = cvat_segmentation_mask(tmp_path / "data")
    said: list[str] = []
    lists = write_segmentation(data_of(tmp_path / "data"), tmp_path / "w/data", said.append)
    assert lists == {"train": tmp_path / "w/data/train.jsonl"}
    entries = read_label_map_list(lists["train"])
    for number, (entry, pixels) in enumerate(zip(entries, drawn, strict=True)):
        assert entry.image == f"{tmp_path}/data/JPEGImages/frame_{number:06d}.jpg"
        with Image.open(entry.label_map) as written:
            assert written.mode == "L"
            assert (np.asarray(written) == pixels).all()
    assert said == [f"5 label maps written to {tmp_path}/w/data/label_maps"]


def test_numbers_that_are_labels_stay(tmp_path: Path):
    pascal_voc(tmp_path / "data")
    said: list[str] = []
    lists = write_segmentation(data_of(tmp_path / "data"), tmp_path / "w", said.append)
    masks = tmp_path / "data/VOCdevkit/VOC2012/SegmentationClass"
    maps = [Path(entry.label_map) for entry in read_label_map_list(lists["val"])]
    assert maps == [masks / "2007_val_0.png"]
    assert said == []
    assert sorted(os.listdir(tmp_path / "w")) == ["train.jsonl", "val.jsonl"]


def test_lists_move_with_their_label_maps(tmp_path: Path):
    cvat_segmentation_mask(tmp_path / "data")
    write_segmentation(data_of(tmp_path / "data"), tmp_path / "w")
    (tmp_path / "w").rename(tmp_path / "moved")
    for entry in read_label_map_list(tmp_path / "moved/train.jsonl"):
        assert Path(entry.label_map).is_file()


def test_interrupted_work_goes_on_and_changed_masks_are_written_anew(tmp_path: Path):
    cvat_segmentation_mask(tmp_path / "data")
    folder = tmp_path / "w"
    write_segmentation(data_of(tmp_path / "data"), folder)
    maps = sorted((folder / "label_maps").iterdir())
    times = {file: file.stat().st_mtime_ns for file in maps[1:]}
    maps[0].unlink()
    changed = tmp_path / "data/SegmentationClass/frame_000004.png"
    Image.new("RGB", Image.open(changed).size, (250, 50, 83)).save(changed)
    said: list[str] = []
    lists = write_segmentation(data_of(tmp_path / "data"), folder, said.append)
    assert said == [f"2 label maps written to {folder}/label_maps"]
    assert all(file.stat().st_mtime_ns == time for file, time in times.items())
    last = read_label_map_list(lists["train"])[-1]
    assert set(np.unique(Image.open(last.label_map))) == {1}


def test_failure_leaves_no_list(tmp_path: Path):
    cvat_segmentation_mask(tmp_path / "data")
    data = data_of(tmp_path / "data")
    (tmp_path / "data/SegmentationClass/frame_000002.png").write_bytes(b"gone")
    with pytest.raises(ValueError, match=r"the mask of .*frame_000002.jpg: it cannot be decoded"):
        write_segmentation(data, tmp_path / "w")
    assert not list((tmp_path / "w").glob("*.jsonl"))
