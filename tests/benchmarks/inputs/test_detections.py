import json
from pathlib import Path

from iclip.benchmarks.inputs.detections import BOXES, DETECTIONS, write_lvis


def test_each_image_has_its_boxes_and_detections_with_scores_of_their_own(tmp_path: Path):
    truth, results = (json.loads(file.read_text()) for file in write_lvis(tmp_path, 5, 40))
    assert len(truth["images"]) == 5 and len(truth["categories"]) == 40
    assert len(truth["annotations"]) == 5 * BOXES and len(results) == 5 * DETECTIONS
    scores = [result["score"] for result in results]
    assert len({*scores}) == len(scores) and min(scores) > 0 and max(scores) < 1
    for image in truth["images"]:
        own = {a["category_id"] for a in truth["annotations"] if a["image_id"] == image["id"]}
        assert not own & {*image["neg_category_ids"]}
