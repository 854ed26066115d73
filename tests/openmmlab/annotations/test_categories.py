"""Labels mean the same category in training, in evaluation and in every name that is shown."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

import iclip.openmmlab  # noqa: F401  (before mmdet)

from mmdet.registry import DATASETS  # isort: skip
from iclip.openmmlab.annotations import check_annotations  # isort: skip
from iclip.openmmlab.class_names import class_names  # isort: skip
from tests.support.odd_annotations import (  # isort: skip
    coco_content,
    detection,
    lvis_content,
)

NAMES = ("cat", "dog", "ant")


def content_in_order(folder: Path, order: tuple[str, ...], form: str) -> dict[str, Any]:
    content = lvis_content(folder) if form == "LVISV1Dataset" else coco_content(folder)
    content["categories"] = [
        dict(id=10 - NAMES.index(name), name=name, frequency="f") for name in order
    ]
    for annotation, name in zip(content["annotations"], NAMES, strict=False):
        annotation["category_id"] = 10 - NAMES.index(name)
    return content


def config_of(folder: Path, order: tuple[str, ...], form: str, val: Any = None) -> Config:
    own = {} if form == "LVISV1Dataset" else dict(metainfo=dict(classes=NAMES))
    content = content_in_order(folder, order, form)
    return detection(folder, content, form, num_classes=3, val=val, **own)


@pytest.mark.parametrize("form", ["LVISV1Dataset", "CocoDataset"])
@pytest.mark.parametrize("order", [*itertools.permutations(NAMES)])
def test_names_are_those_that_the_reader_numbers(order: tuple[str, ...], form: str, tmp_path: Path):
    cfg = config_of(tmp_path, order, form)
    source = cfg.train_dataloader.dataset.dataset
    reader = DATASETS.build({**source, "pipeline": []})
    name_of_id = {10 - i: name for i, name in enumerate(NAMES)}
    numbered = [name_of_id[id_] for id_, _ in sorted(reader.cat2label.items(), key=lambda x: x[1])]
    assert numbered == list(order)
    cfg.test_dataloader = dict(dataset=source)
    assert class_names(cfg, 3, {}) == numbered


@pytest.mark.parametrize("form", ["LVISV1Dataset", "CocoDataset"])
def test_another_order_in_both_files_is_right(form: str, tmp_path: Path):
    order = ("dog", "ant", "cat")
    cfg = config_of(tmp_path, order, form, val=content_in_order(tmp_path, order, form))
    assert check_annotations(cfg).problems == ()


@pytest.mark.parametrize("form", ["LVISV1Dataset", "CocoDataset"])
def test_two_orders_are_refused(form: str, tmp_path: Path):
    val = content_in_order(tmp_path, ("cat", "ant", "dog"), form)
    (problem,) = check_annotations(config_of(tmp_path, NAMES, form, val=val)).problems
    assert "train.json (train_dataloader.dataset.dataset)" in problem
    assert "label 1 is 'dog' in" in problem
    assert "'ant' in" in problem
    assert 'put "categories" of both files into one order' in problem


def test_other_categories_are_refused(tmp_path: Path):
    val = content_in_order(tmp_path, NAMES, "LVISV1Dataset")
    val["categories"][2]["name"] = "bee"
    cfg = config_of(tmp_path, NAMES, "LVISV1Dataset", val=val)
    (problem,) = check_annotations(cfg).problems
    assert "label 2 is 'ant' in" in problem
    assert "2 categories are in one file only, 'ant' among them" in problem


def test_names_of_a_file_without_the_models_number_are_not_taken(tmp_path: Path):
    cfg = config_of(tmp_path, NAMES, "LVISV1Dataset")
    cfg.test_dataloader = dict(dataset=cfg.train_dataloader.dataset.dataset)
    assert class_names(cfg, 4, {}) == [f"class {i}" for i in range(4)]
    assert class_names(cfg, 4, {"dataset_meta": {"classes": list("wxyz")}}) == list("wxyz")
