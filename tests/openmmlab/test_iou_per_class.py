"""The IoU of each class, counted pixel by pixel."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import iclip.openmmlab  # noqa: F401  (before the frameworks)

from iclip.openmmlab.iou_per_class import IoUPerClass  # isort: skip
from iclip.results import ClassScore, ClassScores  # isort: skip


CLASSES = ("wall", "sky", "fish", "crown")
IGNORED = 255


def segmented() -> list[tuple[np.ndarray, np.ndarray]]:
    """Predicted and true maps of three images; no pixel is a crown or taken for one."""
    rng = np.random.default_rng(0)
    maps = [(rng.integers(0, 3, (6, 5)), rng.integers(0, 3, (6, 5))) for _ in range(3)]
    maps[0][1][0, :3] = IGNORED
    return maps


def iou_of(label: int, maps: list[tuple[np.ndarray, np.ndarray]]) -> tuple[int, int, int]:
    """Intersection, union and true pixels of one class."""
    both = either = true = 0
    for predicted, truth in maps:
        for p, t in zip(predicted.ravel(), truth.ravel(), strict=True):
            if t == IGNORED:
                continue
            both += p == label and t == label
            either += p == label or t == label
            true += t == label
    return both, either, true


def scores_of(metric: IoUPerClass, maps: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    """What a metric measures on predicted and true maps."""
    metric.dataset_meta = {"classes": CLASSES}
    for predicted, truth in maps:
        sample = {
            "pred_sem_seg": {"data": torch.from_numpy(predicted)[None]},
            "gt_sem_seg": {"data": torch.from_numpy(truth)[None]},
        }
        metric.process({}, [sample])
    return metric.evaluate(len(maps))


def test_iou_of_each_class_is_counted_by_pixels():
    metric = IoUPerClass()
    maps = segmented()
    metrics = scores_of(metric, maps)
    scores = metric.per_class
    assert (scores.metric, scores.counted, scores.names) == ("IoU", "pixels", CLASSES)
    for label, name in enumerate(CLASSES[:3]):
        both, either, true = iou_of(label, maps)
        expected = ClassScore(name, pytest.approx(100 * both / either), true)
        assert scores.classes[label] == expected
    assert scores.classes[3] == ClassScore("crown", None, 0)
    assert ClassScores.from_json(json.loads(json.dumps(scores.to_json()))) == scores
    assert metrics.keys() == {"aAcc", "mIoU", "mAcc"}
    mean = np.mean([entry.value for entry in scores.classes[:3]])
    assert metrics["mIoU"] == pytest.approx(mean, abs=0.005)  # mmseg rounds


def test_pixels_without_a_single_best_class_are_predicted_as_none():
    logits = torch.randint(0, 4, (4, 8, 9), generator=torch.Generator().manual_seed(0)).float()
    logits[0, :2] = torch.nan
    truth = torch.randint(0, 4, (8, 9), generator=torch.Generator().manual_seed(1))
    metric = IoUPerClass()
    metric.dataset_meta = {"classes": CLASSES}
    sample = {
        "pred_sem_seg": {"data": logits.argmax(dim=0, keepdim=True)},
        "seg_logits": {"data": logits},
        "gt_sem_seg": {"data": truth[None]},
    }
    metric.process({}, [sample])
    metric.evaluate(1)
    predicted = np.full((8, 9), -1)
    for y in range(8):
        for x in range(9):
            scores = logits[:, y, x].tolist()
            best = [i for i, score in enumerate(scores) if score == max(scores)]
            if len(best) == 1 and not any(map(np.isnan, scores)):
                predicted[y, x] = best[0]
    for label, entry in enumerate(metric.per_class.classes):
        both, either, true = iou_of(label, [(predicted, truth.numpy())])
        assert (entry.value, entry.count) == (pytest.approx(100 * both / either), true)


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_a_model_without_an_answer_gets_no_pixel_right(value: float):
    metric = IoUPerClass()
    metric.dataset_meta = {"classes": CLASSES}
    logits = torch.full((4, 5, 5), value)
    sample = {
        "pred_sem_seg": {"data": logits.argmax(dim=0, keepdim=True)},
        "seg_logits": {"data": logits},
        "gt_sem_seg": {"data": torch.zeros(1, 5, 5, dtype=torch.int64)},
    }
    metric.process({}, [sample])
    assert metric.evaluate(1) == {"aAcc": 0.0, "mIoU": 0.0, "mAcc": 0.0}


def test_format_only_computes_no_scores(tmp_path: Path):
    metric = IoUPerClass(format_only=True, output_dir=str(tmp_path))
    metric.dataset_meta = {"classes": CLASSES}
    sample = {
        "pred_sem_seg": {"data": torch.zeros(1, 4, 4, dtype=torch.long)},
        "img_path": "a.jpg",
    }
    metric.process({}, [sample])
    metric.results.append(())  # mmengine wants one
    assert metric.evaluate(1) == {}
    assert metric.per_class is None


def test_groups_have_the_mean_over_their_classes_with_pixels():
    metric = IoUPerClass(groups=dict(seen=["wall", "crown"], new=["fish", "sky"], none=["crown"]))
    maps = segmented()
    metrics = scores_of(metric, maps)
    values = [100 * both / either for both, either, _ in (iou_of(i, maps) for i in range(3))]
    assert metrics["mIoU_seen"] == pytest.approx(values[0], abs=0.01)
    assert metrics["mIoU_new"] == pytest.approx((values[1] + values[2]) / 2, abs=0.01)
    assert "mIoU_none" not in metrics
