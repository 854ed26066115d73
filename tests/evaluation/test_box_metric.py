"""What COCO's and LVIS's metrics ask of a detector's boxes."""

import json
from pathlib import Path

import pytest
import torch

from iclip.evaluation import COCOBoxMetric, LVISBoxMetric
from iclip.evaluation.box_metric import BoxMetric


@pytest.mark.parametrize("metric", [COCOBoxMetric, LVISBoxMetric])
def test_head_with_too_many_classes_is_refused(metric: type[BoxMetric], tmp_path: Path):
    image = dict(id=1, width=8, height=8, neg_category_ids=[], not_exhaustive_category_ids=[])
    box = dict(id=1, image_id=1, category_id=5, bbox=[1, 1, 4, 4], area=16)
    categories = [dict(id=i, name=str(i), frequency="f") for i in (5, 2)]
    file = tmp_path / "truth.json"
    file.write_text(json.dumps(dict(images=[image], annotations=[box], categories=categories)))
    found = dict(bboxes=torch.ones(1, 4), scores=torch.ones(1), labels=torch.tensor([2]))
    told = r"has a label 2, .*truth\.json has 2 categories: set num_classes"
    with pytest.raises(ValueError, match=told):
        metric(str(file)).process({}, [dict(img_id=1, pred_instances=found)])
