"""Training on the boxes of some categories."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mmengine.registry import DATASETS, DefaultScope
from torch import nn

import iclip.openmmlab  # noqa: F401  (before mmdet)

from iclip.openmmlab.annotations import check_annotations  # isort: skip
from iclip.openmmlab.text_detection import MarkTrainedClasses  # isort: skip
from iclip.text.class_texts import ClassText, write_class_texts  # isort: skip
from tests.openmmlab.text_detection.test_box_head import box_head  # isort: skip
from tests.support.odd_annotations import detection, lvis_content, only  # isort: skip

FILTER = dict(filter_empty_gt=True, min_size=1)


def content(folder: Path) -> dict[str, Any]:
    """Four images: a cat, a cat and a dog, a dog, and an owl; labels cat 0, dog 1, owl 2."""
    made = lvis_content(folder, count=4)
    made["categories"].append(dict(id=2, name="owl_(bird)", frequency="c"))
    boxes = made["annotations"]
    boxes[2]["category_id"], boxes[3]["category_id"] = 9, 2
    boxes.append(boxes[1] | dict(id=20, category_id=9))
    return made


def data_set_config(folder: Path, train_only: Any, **settings: Any) -> Any:
    given = settings | dict(train_only=train_only, filter_cfg=FILTER, pipeline=[])
    return detection(folder, content(folder), "iclip.LVISOfCategories", 3, **given)


def labels_by_image(folder: Path, train_only: Any, **settings: Any) -> dict[int, list[int]]:
    with DefaultScope.overwrite_default_scope("mmdet"):
        cfg = data_set_config(folder, train_only, **settings)
        data_set = DATASETS.build(cfg.train_dataloader.dataset.dataset)
    return {
        entry["img_id"]: [box["bbox_label"] for box in entry["instances"]]
        for entry in (data_set.get_data_info(i) for i in range(len(data_set)))
    }


def test_boxes_of_other_categories_and_images_without_any_are_left_out(tmp_path: Path):
    assert labels_by_image(tmp_path, ["cat", "owl (bird)"]) == {1: [0], 2: [0], 4: [2]}
    assert labels_by_image(tmp_path, dict(frequency="fc")) == {1: [0], 2: [0], 4: [2]}
    assert labels_by_image(tmp_path, [9]) == {2: [1], 3: [1]}
    # Images without boxes stay where the filter keeps them.
    everything = labels_by_image(tmp_path, [9], test_mode=True)
    assert everything == {1: [], 2: [1], 3: [1], 4: []}


def test_class_texts_name_the_categories(tmp_path: Path):
    write_class_texts(tmp_path / "seen.jsonl", [ClassText("t1", ("owl (bird)",), "a bird")])
    assert labels_by_image(tmp_path, str(tmp_path / "seen.jsonl")) == {4: [2]}


def test_rare_categories_are_repeated_by_what_is_kept(tmp_path: Path):
    with DefaultScope.overwrite_default_scope("mmdet"):
        settings = data_set_config(tmp_path, ["cat", "owl_(bird)"]).train_dataloader.dataset
        balanced = DATASETS.build(settings | dict(oversample_thr=1.0))
    # Of the 3 images kept, 2 show a cat and 1 an owl: factors sqrt(3 / 2) and sqrt(3).
    assert balanced.repeat_indices == [0, 0, 1, 1, 2, 2]


def test_start_says_what_is_left_out(tmp_path: Path):
    findings = check_annotations(data_set_config(tmp_path, ["cat", "owl_(bird)"]))
    assert findings.problems == ()
    told = str(findings.read["train"])
    assert "3 images, 3 boxes, 2 categories" in told
    assert "1 image without boxes (val2017/3.jpg)" in told
    assert "2 boxes of the 1 categories not in train_only (annotation 13 of image 3" in told


@pytest.mark.parametrize("train_only", [["cat", "wolf"], "absent.jsonl", [], dict(frequency="x")])
def test_unknown_categories_are_a_fault_before_the_start(tmp_path: Path, train_only: Any):
    problem = only(check_annotations(data_set_config(tmp_path, train_only)).problems)
    expected = "no class-text table absent.jsonl" if isinstance(train_only, str) else "train_only="
    assert expected in problem


def runner(tmp_path: Path, train_only: Any, model: nn.Module) -> Any:
    with DefaultScope.overwrite_default_scope("mmdet"):
        settings = data_set_config(tmp_path, train_only).train_dataloader.dataset
        data_set = DATASETS.build(settings | dict(oversample_thr=1e-3))
    return SimpleNamespace(train_dataloader=SimpleNamespace(dataset=data_set), model=model)


def test_box_heads_learn_which_classes_have_boxes(tmp_path: Path):
    model = nn.Sequential(nn.Identity(), box_head())
    MarkTrainedClasses().before_train(runner(tmp_path, ["owl_(bird)", "cat"], model))
    assert model[1].trained.tolist() == [True, False, True, False, False]


def test_data_set_of_all_categories_is_refused_by_the_hook(tmp_path: Path):
    other = SimpleNamespace(train_dataloader=SimpleNamespace(dataset=[1]), model=nn.Identity())
    with pytest.raises(ValueError, match=r"no data set of train_dataloader is an iclip.LVISOf"):
        MarkTrainedClasses().before_train(other)
