from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, top_k_accuracy_score

from iclip.evaluation.accuracy import MAX_CLASSES_OF_CONFUSION
from iclip.evaluation.image_accuracy import ImageAccuracy, scores_per_class

CLASSES = tuple(f"class of {i}" for i in range(8))


def evaluated(scores: torch.Tensor, labels: list[int], meta: Any) -> tuple[ImageAccuracy, Any]:
    metric = ImageAccuracy()
    metric.dataset_meta = meta
    rows = zip(scores, labels, strict=True)
    metric.process({}, [{"logits": row, "gt_label": label} for row, label in rows])
    return metric, metric.evaluate(len(labels))


def random_scores(count: int) -> tuple[torch.Tensor, list[int]]:
    random = np.random.default_rng(3)
    labels = random.integers(0, 7, count)  # the last class has no image
    scores = random.normal(size=(count, 8)) + 2 * np.eye(8)[labels]
    return torch.from_numpy(scores).float(), labels.tolist()


def test_figures_are_scikit_learns():
    scores, labels = random_scores(200)
    metric, found = evaluated(scores, labels, {"classes": CLASSES})
    predicted = scores.argmax(dim=1).numpy()
    top5 = top_k_accuracy_score(labels, scores.numpy(), k=5, labels=range(8))
    assert found == pytest.approx(
        {
            "accuracy/top1": 100 * float(np.mean(predicted == labels)),
            "accuracy/top5": 100 * float(top5),
            "accuracy/mean_per_class": 100 * balanced_accuracy_score(labels, predicted),
        }
    )
    assert metric.per_class is not None and metric.per_class.names == CLASSES
    expected = confusion_matrix(labels, predicted, labels=range(8))
    assert np.array_equal(metric.per_class.confusion, expected)
    assert metric.per_class.classes[7].value is None and metric.per_class.classes[7].count == 0


def test_many_classes_have_figures_without_a_confusion():
    scores, labels = random_scores(60)
    few = scores_per_class(CLASSES, scores, torch.tensor(labels))
    wide = torch.cat([scores, torch.full((60, MAX_CLASSES_OF_CONFUSION), -99.0)], dim=1)
    names = [f"class {i}" for i in range(wide.shape[1])]
    many = scores_per_class(names, wide, torch.tensor(labels))
    assert few.confusion and not many.confusion
    assert [(c.value, c.count) for c in many.classes[:8]] == [
        (c.value, c.count) for c in few.classes
    ]


def test_names_are_the_data_set_s():
    scores, labels = random_scores(20)
    for meta, first in (({"class_ids": CLASSES}, CLASSES[0]), (None, "class 0")):
        metric, _ = evaluated(scores, labels, meta)
        assert metric.per_class is not None and metric.per_class.names[0] == first


def test_other_classes_than_the_model_s_are_an_error():
    scores, labels = random_scores(20)
    with pytest.raises(ValueError, match=r"the model has 8 classes .*data set has 2: labels would"):
        evaluated(scores, labels, {"classes": ("a", "b")})
