"""Section C: scores with the views that they were measured with, beside public anchors."""

from pathlib import Path

import pytest

from tests.support.run_folder import (
    DETECTION,
    VIDEO,
    measured,
    row,
    sections,
    write_run,
    write_test,
)

pytestmark = pytest.mark.usefixtures("without_plots")


def scores(folder: Path) -> list[list[str]]:
    return sections(folder)["section-c"]["tables"][0]["rows"]


def test_validation_of_one_view_does_not_stand_beside_the_anchor(tmp_path: Path):
    write_run(
        tmp_path / "k400", VIDEO, {"acc/top1": 0.4167}, measured=measured(views=[1, 1], data=[])
    )
    (cells,) = scores(tmp_path)
    assert cells[2] == "acc/top1 41.7"
    assert cells[3] == "validation, 1 clip x 1 crop, fp32"
    assert cells[5] == "not comparable: 1 clip x 1 crop, not 4 clips x 3 crops"


def test_views_of_an_earlier_version_are_those_of_the_validations_loader(tmp_path: Path):
    write_run(tmp_path / "k400", VIDEO, {"acc/top1": 0.4167})
    (cells,) = scores(tmp_path)
    assert cells[3] == "validation, 1 clip x 1 crop"
    assert cells[5].startswith("not comparable")


def test_test_of_the_anchors_views_comes_first_and_stands_beside_it(tmp_path: Path):
    write_run(tmp_path / "k400", VIDEO, {"acc/top1": 0.4167})
    write_test(tmp_path / "k400", {"acc/top1": 0.5, "acc/top5": 0.75}, [4, 3])
    found = sections(tmp_path)
    first, second = found["section-c"]["tables"][0]["rows"]
    assert first[2:4] == ["acc/top1 50.0, acc/top5 75.0", "test, 4 clips x 3 crops, fp32"]
    assert first[5].startswith("public: 82.7 top-1")
    assert second[2] == "acc/top1 41.7"
    assert found["overview"]["tables"][0]["rows"][0][1:3] == first[2:4]


def test_test_of_several_views_of_an_image_does_not_stand_beside_the_anchor(tmp_path: Path):
    told = "test-time augmentation: as it is and mirrored"
    write_run(tmp_path / "lvis", DETECTION, {})
    record = measured(loader="test_dataloader", data=[], augmentation=told)
    write_test(tmp_path / "lvis", {"coco/bbox_mAP": 0.5}, measured=record)
    cells = scores(tmp_path)[0]
    assert cells[3] == f"test, {told}, fp32"
    assert cells[5] == f"not comparable: {told}"


@pytest.mark.parametrize("kind", ["MaskRCNN", "CascadeRCNN", "RetinaNet", "MyDetector"])
def test_other_detectors_are_filed_under_detection(kind: str, tmp_path: Path):
    write_run(tmp_path / "run", DETECTION.replace("FasterRCNN", kind), {"coco/bbox_mAP": 0.42})
    found = sections(tmp_path)
    _, score, _, what, _ = found["overview"]["tables"][0]["rows"][0]
    assert what == f"detection, {kind}, from a.pth"
    assert score == "coco/bbox_mAP 42.0"
    assert row(found["section-c"]["tables"][1], "framework")[1:4] == ["FasterRCNN", kind, "differs"]
    assert "Pre-training of other protocols" not in str(found["paper"])


def test_score_of_a_smaller_tower_does_not_stand_beside_the_anchor(tmp_path: Path):
    config = VIDEO.replace("arch='base'", "arch='tiny'")
    write_run(tmp_path / "k400", config, {})
    write_test(tmp_path / "k400", {"acc/top1": 0.5}, [4, 3])
    assert scores(tmp_path)[0][5] == "not comparable: image tower tiny, not base"


def test_test_with_the_validations_loader_says_so(tmp_path: Path):
    write_run(tmp_path / "k400", VIDEO, {"acc/top1": 0.4167})
    write_test(tmp_path / "k400", {"acc/top1": 0.5}, measured=measured(views=[1, 1], data=[]))
    told = scores(tmp_path)[0][3]
    assert told == "tools/test.py on the validation's data, 1 clip x 1 crop, fp32"
