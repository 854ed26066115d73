"""Faults of annotation files, each found before the start and named."""

import json
from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

from iclip.engine.annotation_checks import check_annotations
from iclip.engine.launch import plan_launch
from iclip.engine.preflight import NotReadyError, check_ready


@pytest.fixture
def lvis(tmp_path: Path) -> dict[str, Any]:
    """A correct LVIS file of two images and two boxes, its images on disk."""
    images = [
        {"id": i, "width": 100, "height": 80,
         "coco_url": f"http://images.cocodataset.org/val2017/{i}.jpg"}
        for i in (1, 2)
    ]  # fmt: skip
    annotations = [
        {"id": 10 + i, "image_id": i, "category_id": 5, "bbox": [10, 10, 20, 20]} for i in (1, 2)
    ]
    (tmp_path / "val2017").mkdir()
    for i in (1, 2):
        (tmp_path / f"val2017/{i}.jpg").write_bytes(b"jpg")
    return {"images": images, "annotations": annotations, "categories": [{"id": 5}, {"id": 9}]}


def detection(folder: Path, content: Any, num_classes: int = 2) -> Config:
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / "lvis.json").write_text(text)
    inner = dict(
        type="LVISV1Dataset",
        data_root=f"{folder}/",
        ann_file="lvis.json",
        data_prefix=dict(img=""),
    )
    return Config(
        dict(
            model=dict(roi_head=dict(bbox_head=dict(num_classes=num_classes))),
            train_dataloader=dict(dataset=dict(type="ClassBalancedDataset", dataset=inner)),
            val_dataloader=dict(dataset=inner),
        )
    )


def only(texts: tuple[str, ...]) -> str:
    (text,) = texts
    return text


def test_correct_file_has_no_findings(lvis: dict[str, Any], tmp_path: Path):
    findings = check_annotations(detection(tmp_path, lvis))
    assert (findings.problems, findings.notes) == ((), ())


def test_categories_out_of_range(lvis: dict[str, Any], tmp_path: Path):
    lvis["annotations"][1]["category_id"] = 7
    problem = only(check_annotations(detection(tmp_path, lvis)).problems)
    assert "lvis.json: 1 annotations are of categories that the file does not list" in problem
    assert "annotation 12 (image 2, category 7)" in problem


def test_file_of_another_vocabulary(lvis: dict[str, Any], tmp_path: Path):
    problem = only(check_annotations(detection(tmp_path, lvis, num_classes=1203)).problems)
    assert "has 2 categories, the detector 1203 classes (model.roi_head.bbox_head" in problem


def test_images_missing(lvis: dict[str, Any], tmp_path: Path):
    (tmp_path / "val2017/2.jpg").unlink()
    lvis["annotations"][0]["image_id"] = 3
    first, second = check_annotations(detection(tmp_path, lvis)).problems
    assert "1 annotations are of images that the file does not list: annotation 11" in first
    assert f"1 images are not there: {tmp_path}/val2017/2.jpg" in second


@pytest.mark.parametrize("box", [[200, 10, 5, 5], [10, -30, 5, 20], [10, 10, 0.5, 9]])
def test_boxes_beside_the_image_are_counted(box: list[float], lvis: Any, tmp_path: Path):
    lvis["annotations"][0]["bbox"] = box
    findings = check_annotations(detection(tmp_path, lvis))
    assert findings.problems == ()
    assert "1 boxes have no pixel in their image and are passed over" in only(findings.notes)


def test_boxes_over_the_edge_are_none_of_the_findings(lvis: dict[str, Any], tmp_path: Path):
    lvis["annotations"][0]["bbox"] = [90, 70, 30, 30]
    assert check_annotations(detection(tmp_path, lvis)).notes == ()


@pytest.mark.parametrize("content", ["{", '{"images": []}', "[1]"])
def test_file_that_is_no_lvis(content: str, tmp_path: Path):
    problem = only(check_annotations(detection(tmp_path, content)).problems)
    assert "lvis.json is no LVIS file" in problem


def test_image_without_its_labels(tmp_path: Path):
    for folder, names in (("images", ("a.jpg", "b.jpg")), ("maps", ("a.png",))):
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / name).write_bytes(b"")
    dataset = dict(
        type="ADE20KDataset",
        data_root=str(tmp_path),
        data_prefix=dict(img_path="images", seg_map_path="maps"),
    )
    cfg = Config(dict(train_dataloader=dict(dataset=dataset)))
    problem = only(check_annotations(cfg).problems)
    assert "images: 1 images have no map of labels in" in problem
    assert problem.endswith("maps: b")
    for file in (tmp_path / "images").iterdir():
        file.unlink()
    assert "images holds no image" in only(check_annotations(cfg).problems)


def video(folder: Path, lines: str) -> Config:
    (folder / "list.txt").write_text(lines)
    dataset = dict(
        type="CountedVideos",
        ann_file=str(folder / "list.txt"),
        data_prefix=dict(video=str(folder)),
    )
    return Config(
        dict(model=dict(cls_head=dict(num_classes=4)), train_dataloader=dict(dataset=dataset))
    )


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("a.mp4 3\na.mp4 4\n", "1 labels are outside 0..3: line 2 label 4"),
        ("a.mp4\n", "1 lines are not 'file label': line 1 'a.mp4'"),
        ("b.mp4 1\n", "1 videos are not there"),
        ("empty.mp4 1\n", "1 videos are empty files: empty.mp4"),
        ("\n", "list.txt lists no video"),
    ],
)
def test_lists_of_videos(lines: str, told: str, tmp_path: Path):
    (tmp_path / "a.mp4").write_bytes(b"mp4")
    (tmp_path / "empty.mp4").write_bytes(b"")
    assert check_annotations(video(tmp_path, "a.mp4 0\n")).problems == ()
    assert told in only(check_annotations(video(tmp_path, lines)).problems)


def test_one_process_reads_them_before_the_start(lvis: dict[str, Any], tmp_path: Path):
    lvis["annotations"][1]["category_id"] = 7
    cfg, launch = detection(tmp_path, lvis), plan_launch(None, "cpu", {})
    with pytest.raises(NotReadyError, match="categories that the file does not list: annotation 1"):
        check_ready(cfg, launch, {"ICLIP_DATA": str(tmp_path)})
    check_ready(cfg, launch, {"ICLIP_DATA": str(tmp_path), "RANK": "1"})
