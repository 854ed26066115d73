import pytest
import torch

from iclip.evaluation import ClassifierAccuracy


def test_head_accuracy_reads_logits():
    metric = ClassifierAccuracy(top_k=(1,))
    rows = torch.eye(3)
    metric.process({}, [{"logits": rows[0], "gt_label": 0}, {"logits": rows[0], "gt_label": 2}])
    assert metric.evaluate(2) == {"head/top1": 50.0}


def test_head_accuracy_says_whose_logits_are_not_finite():
    metric = ClassifierAccuracy(top_k=(1,))
    rows = torch.eye(3)
    rows[2, 1] = torch.nan
    metric.process({}, [{"logits": row, "gt_label": 0} for row in rows])
    with pytest.raises(ValueError, match=r"1 of 3 images' logits are not finite .*: image 2"):
        metric.evaluate(3)
