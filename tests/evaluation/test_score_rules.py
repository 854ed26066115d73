"""Equal scores and scores that are not finite never count: every score that the hub computes."""

import ast
import inspect
import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import iclip.openmmlab  # noqa: F401  (before the frameworks)

from iclip.evaluation import (  # isort: skip
    COCOBoxMetric,
    ClassifierAccuracy,
    ImageAccuracy,
    LVISBoxMetric,
    RetrievalRecall,
    ZeroShotAccuracy,
    accuracy,
    average_precision,
    retrieval,
)
from iclip.openmmlab.accuracy_per_class import AccuracyPerClass  # isort: skip
from iclip.openmmlab.iou_per_class import IoUPerClass  # isort: skip
from iclip.openmmlab.video.accuracy_of_splits import AccuracyOfSplits  # isort: skip
from iclip.text.class_texts import ClassText, ClassTexts, write_class_texts
from tests.evaluation.lvis_world import small_world
from tests.support.official_lists import write_ucf_lists
from tests.support.source_imports import REPO, python_files

ROWS, CLASSES, DIM = 12, 6, 4
LABELS = torch.arange(ROWS) % CLASSES
NOT_FINITE = [torch.nan, torch.inf, -torch.inf]

# Each function computes a score of a model that answers everything with one value.
FUNCTIONS: dict[Callable[..., Any], Callable[[float], Any]] = {
    accuracy.top_k_accuracy: lambda value: accuracy.top_k_accuracy(rows(value), LABELS),
    accuracy.top1_accuracy: lambda value: accuracy.top1_accuracy(rows(value), LABELS),
    accuracy.mean_class_accuracy: lambda value: accuracy.mean_class_accuracy(rows(value), LABELS),
    accuracy.confusion: lambda value: accuracy.confusion(rows(value), LABELS).counts.sum().item(),
    average_precision.mean_11_point_ap: lambda value: average_precision.mean_11_point_ap(
        rows(value), torch.nn.functional.one_hot(LABELS)
    ),
    retrieval.retrieval_recall: lambda value: retrieval.retrieval_recall(
        rows(value, DIM), rows(value, DIM), torch.arange(ROWS)
    ),
}
MODULES = (accuracy, average_precision, retrieval)


def rows(value: float, columns: int = CLASSES) -> Tensor:
    return torch.full((ROWS, columns), value)


def figures(found: float | Mapping[str, float]) -> list[float]:
    return [*found.values()] if isinstance(found, Mapping) else [found]


@pytest.mark.parametrize("value", [0.0, 1.0, *NOT_FINITE])
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_function_gives_nothing_for_one_answer_to_all(
    function: Callable[..., Any], value: float
) -> None:
    assert set(figures(FUNCTIONS[function](value))) == {0}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_function_of_a_score_is_listed(module: ModuleType) -> None:
    own = {
        function
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }
    assert own <= FUNCTIONS.keys()


def classifier(
    value: float, folder: Path, kind: type[ClassifierAccuracy] = ClassifierAccuracy
) -> dict[str, float]:
    metric = kind()
    samples = zip(rows(value), LABELS.tolist(), strict=True)
    metric.process({}, [{"logits": row, "gt_label": label} for row, label in samples])
    return metric.evaluate(ROWS)


def zero_shot(value: float, folder: Path) -> dict[str, float]:
    texts = ClassTexts([ClassText(str(i), (f"class {i}",)) for i in range(CLASSES)])
    write_class_texts(folder / "texts.jsonl", texts)
    metric = ZeroShotAccuracy(str(folder / "texts.jsonl"))
    metric.class_embeds = torch.ones(CLASSES, DIM)
    samples = zip(rows(value, DIM), LABELS.tolist(), strict=True)
    metric.process({}, [{"image_embeds": row, "gt_label": label} for row, label in samples])
    return metric.evaluate(ROWS)


def recall(value: float, folder: Path) -> dict[str, float]:
    metric = RetrievalRecall()
    sample = {"image_embeds": rows(value, DIM)[0], "text_embeds": rows(value, DIM)[:2]}
    metric.process({}, [sample] * ROWS)
    return metric.evaluate(ROWS)


def videos(value: float, folder: Path) -> dict[str, float]:
    metric = AccuracyPerClass(str(folder / "val.txt"))
    samples = zip(rows(value), LABELS[:, None], strict=True)
    metric.process({}, [{"pred_score": row, "gt_label": label} for row, label in samples])
    return metric.evaluate(ROWS)


def videos_of_splits(value: float, folder: Path) -> dict[str, float]:
    write_ucf_lists(folder)  # two classes
    options = dict(top_k_accuracy=dict(topk=(1,)))
    metric = AccuracyOfSplits(splits=str(folder), metric_options=options)
    samples = [
        dict(pred_score=row, gt_label=label % 2, splits=(1, 2, 3))
        for row, label in zip(rows(value)[:, :2], LABELS[:, None], strict=True)
    ]
    metric.process({}, samples)
    return metric.evaluate(ROWS)


def segmentation(value: float, folder: Path) -> dict[str, float]:
    metric = IoUPerClass()
    metric.dataset_meta = {"classes": [str(i) for i in range(CLASSES)]}
    logits = torch.full((CLASSES, 5, 5), value)
    maps = {"pred_sem_seg": logits.argmax(dim=0, keepdim=True), "seg_logits": logits,
            "gt_sem_seg": torch.zeros(1, 5, 5, dtype=torch.int64)}  # fmt: skip
    metric.process({}, [{name: {"data": data} for name, data in maps.items()}])
    return metric.evaluate(1)


def boxes(value: float, folder: Path) -> dict[str, float]:
    truth = small_world(np.random.default_rng(0))
    (folder / "lvis.json").write_text(json.dumps(truth))
    metric = LVISBoxMetric(str(folder / "lvis.json"))
    for image in truth["images"]:
        own = [a for a in truth["annotations"] if a["image_id"] == image["id"]]
        corners = [[x, y, x + w, y + h] for x, y, w, h in (a["bbox"] for a in own)]
        labels = [metric.truth.category_ids.index(a["category_id"]) for a in own]
        found = {
            "bboxes": torch.tensor(corners).reshape(-1, 4),
            "scores": torch.full((len(own),), value),
            "labels": torch.tensor(labels, dtype=torch.int64),
        }
        metric.process({}, [{"img_id": image["id"], "pred_instances": found}])
    return {"lvis/AP": metric.evaluate(len(truth["images"]))["lvis/AP"]}


def coco_boxes(value: float, folder: Path) -> dict[str, float]:
    """One detection per image, of which each has the class of every second one."""
    number = range(1, ROWS + 1)
    truth = dict(
        images=[dict(id=i, width=64, height=64) for i in number],
        categories=[dict(id=i, name=str(i)) for i in (1, 2)],
        annotations=[dict(id=i, image_id=i, category_id=1 + i % 2, iscrowd=0, area=100,
                          bbox=[0, 0, 10, 10]) for i in number],
    )  # fmt: skip
    (folder / "coco.json").write_text(json.dumps(truth))
    metric = COCOBoxMetric(str(folder / "coco.json"))
    found = {
        "bboxes": torch.tensor([[0.0, 0.0, 10.0, 10.0]]),
        "scores": torch.full((1,), value),
        "labels": torch.tensor([0]),
    }
    metric.process({}, [{"img_id": i, "pred_instances": found} for i in number])
    return {"coco/bbox_mAP": metric.evaluate(ROWS)["coco/bbox_mAP"]}


METRICS: dict[type, Callable[[float, Path], dict[str, float]]] = {
    ClassifierAccuracy: classifier,
    ImageAccuracy: partial(classifier, kind=ImageAccuracy),
    ZeroShotAccuracy: zero_shot,
    RetrievalRecall: recall,
    AccuracyPerClass: videos,
    AccuracyOfSplits: videos_of_splits,
    IoUPerClass: segmentation,
    LVISBoxMetric: boxes,
    COCOBoxMetric: coco_boxes,
}
# Their inputs are the hub's own embeddings and logits: an evaluation stops.
STOP = (ClassifierAccuracy, ImageAccuracy, ZeroShotAccuracy, RetrievalRecall)
# Of boxes with equal scores the first given counts first, as the authors of COCO and LVIS sort.
IN_GIVEN_ORDER = (LVISBoxMetric, COCOBoxMetric)


def name_of(metric: type) -> str:
    return metric.__name__


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("metric", [m for m in METRICS if m not in IN_GIVEN_ORDER], ids=name_of)
def test_metric_gives_nothing_for_one_answer_to_all(
    metric: type, value: float, tmp_path: Path
) -> None:
    assert set(METRICS[metric](value, tmp_path).values()) == {0}


@pytest.mark.parametrize("value", NOT_FINITE)
@pytest.mark.parametrize("metric", [m for m in METRICS if m not in STOP], ids=name_of)
def test_metric_gives_nothing_for_scores_that_are_not_finite(
    metric: type, value: float, tmp_path: Path
) -> None:
    assert set(METRICS[metric](value, tmp_path).values()) == {0}


@pytest.mark.parametrize("value", NOT_FINITE)
@pytest.mark.parametrize("metric", STOP, ids=name_of)
def test_metric_stops_at_scores_that_are_not_finite(
    metric: type, value: float, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=r"12 of 12 .* are not finite"):
        METRICS[metric](value, tmp_path)


def registers_a_metric(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef) and any(
        ast.unparse(decorator).startswith("METRICS.register_module")
        for decorator in node.decorator_list
    )


def test_every_metric_is_listed() -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in python_files("iclip")]
    nodes = [node for tree in trees for node in ast.walk(tree) if registers_a_metric(node)]
    assert {node.name for node in nodes} == {name_of(metric) for metric in METRICS}


# What else puts numbers in an order, and why that is not a score.
ORDERED_ELSEWHERE = {
    "iclip/benchmarks/measurements/order.py": "tars by size",
    "iclip/datasets/readers/shard_table.py": "tars by size",
    "iclip/demo/similar_images.py": "images like the one that is shown",
    "iclip/dense/word_segmenter.py": "words by area",
    "iclip/engine/hooks/draw_validation.py": "samples by a hash",
    "iclip/evaluation/lvis_ap.py": "the LVIS authors' order of equal scores",
    "iclip/models/text_towers/transformer.py": "the place of the end-of-text id",
    "iclip/openmmlab/ops/suppression.py": "boxes that overlap a better one",
    "iclip/openmmlab/mean_of_views.py": "a pixel's label of a mean, as mmseg takes it of one view",
    "iclip/openmmlab/sample_views.py": "boxes and classes that a picture shows",
    "iclip/own_data/boxes.py": "boxes by image",
    "iclip/own_data/split.py": "samples by a hash",
    "iclip/panels.py": "classes that a picture shows",
    "iclip/text/text_chunks.py": "texts by length",
    "iclip/words/class_embeddings.py": "classes of nearly the same embedding",
    "iclip/text/token_rows.py": "the last id of a text",
    "iclip/zeroshot/retrieval_pictures.py": "images drawn below a caption",
}
ORDERING = {"argmax", "argsort", "kthvalue", "lexsort", "msort", "topk"}


def test_ranking_alone_puts_scores_in_an_order() -> None:
    found = {
        path.relative_to(REPO).as_posix()
        for path in python_files("iclip")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ORDERING
    }
    assert found == {"iclip/evaluation/ranking.py", *ORDERED_ELSEWHERE}
