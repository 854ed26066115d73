"""Pascal VOC's folders, as torchvision unpacks them and as CVAT writes them."""

from pathlib import Path

import numpy as np
import pytest
from torchvision.datasets import VOCSegmentation

from iclip.own_data.masks import folders as mask_folders
from iclip.own_data.voc import segmentation as voc_masks
from iclip.own_data.voc.segmentation import VOC_CLASSES
from iclip.tasks import SEGMENTATION
from tests.support.mask_folders import cvat_segmentation_mask, pascal_voc


def test_same_as_torchvision_reads(tmp_path: Path):
    drawn = pascal_voc(tmp_path)
    assert voc_masks.signs(tmp_path) == "VOCdevkit/VOC2012/SegmentationClass"
    found = voc_masks.read(tmp_path, SEGMENTATION)
    assert found.classes == VOC_CLASSES
    for part in ("train", "val"):
        theirs = VOCSegmentation(str(tmp_path), image_set=part)
        ours = found.parts[part]
        assert len(ours) == len(theirs) == len(drawn[part])
        for sample, (_, mask), file in zip(ours, theirs, theirs.images, strict=True):
            assert sample.file == file
            assert sample.mask.in_place is not None
            assert (sample.mask.label_map() == np.asarray(mask)).all()
            assert sample.class_labels == (0, 1, 2)


def test_segmentation_mask_of_cvat(tmp_path: Path):
    drawn = cvat_segmentation_mask(tmp_path)
    assert voc_masks.signs(tmp_path) == "SegmentationClass"
    assert mask_folders.signs(tmp_path) is None
    found = voc_masks.read(tmp_path, SEGMENTATION)
    assert found.classes == ("background", "road sign", "car")
    for sample, pixels in zip(found.parts["train"], drawn, strict=True):
        assert (sample.mask.label_map() == pixels).all()


def test_trainval_is_not_read_beside_its_parts(tmp_path: Path):
    pascal_voc(tmp_path)
    lists = tmp_path / "VOCdevkit/VOC2012/ImageSets/Segmentation"
    both = (lists / "train.txt").read_text() + (lists / "val.txt").read_text()
    (lists / "trainval.txt").write_text(both)
    found = voc_masks.read(tmp_path / "VOCdevkit/VOC2012", SEGMENTATION)
    assert {part: len(samples) for part, samples in found.parts.items()} == {"train": 2, "val": 1}
    (lists / "train.txt").unlink()
    (lists / "val.txt").unlink()
    found = voc_masks.read(tmp_path, SEGMENTATION)
    assert {part: len(samples) for part, samples in found.parts.items()} == {"train": 3}


def test_folder_without_a_list_is_refused(tmp_path: Path):
    cvat_segmentation_mask(tmp_path)
    (tmp_path / "ImageSets/Segmentation/default.txt").unlink()
    with pytest.raises(ValueError, match=r"has no list: write train.txt, a name per line"):
        voc_masks.read(tmp_path, SEGMENTATION)


def test_export_without_images_is_refused(tmp_path: Path):
    cvat_segmentation_mask(tmp_path)
    for file in (tmp_path / "JPEGImages").iterdir():
        file.unlink()
    (tmp_path / "JPEGImages").rmdir()
    with pytest.raises(ValueError, match=r"no folder of images: put them into .*JPEGImages"):
        voc_masks.read(tmp_path, SEGMENTATION)
