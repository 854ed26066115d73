"""Box average precision as LVIS defines it (arXiv:1908.03195), through faster-coco-eval.

An image's detections count for the categories that are known of it: those annotated in it, and
those known to be absent. So everything else is dropped at once, and an evaluation holds a few
detections an image instead of 300.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from faster_coco_eval import COCO, COCOeval_faster

MAX_DETECTIONS = 300
"""Detections of an image that count, the best of all categories."""

# Positions in COCOeval_faster.all_stats for three area ranges in LVIS's style.
_STATS = dict(AP=0, AP50=1, AP75=2, APs=3, APm=4, APl=5, AR300=6, APr=14, APc=15, APf=16)
_NEEDED = ("images", "annotations", "categories")


class LVISGroundTruth:
    """An LVIS annotation file, v0.5 or v1.

    Args:
        path: The JSON file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not an LVIS annotation file.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        content = _read_json(self.path, "annotations")
        lacking = [key for key in _NEEDED if not isinstance(content, dict) or key not in content]
        if lacking or "neg_category_ids" not in (content["images"] or [{}])[0]:
            what = ", ".join(lacking) or "neg_category_ids of its images"
            raise ValueError(f"{self.path} is not an LVIS annotation file: it lacks {what}")
        self.content: dict[str, Any] = content
        self.category_ids: tuple[int, ...] = tuple(sorted(c["id"] for c in content["categories"]))
        known: dict[int, set[int]] = defaultdict(set)
        for image in content["images"]:
            known[image["id"]].update(image["neg_category_ids"])
        for annotation in content["annotations"]:
            known[annotation["image_id"]].add(annotation["category_id"])
        self._known = known
        self._image_ids = {image["id"] for image in content["images"]}

    def that_count(
        self, image_id: int, category_ids: Sequence[int] | np.ndarray, scores: np.ndarray
    ) -> np.ndarray:
        """Which of an image's detections count.

        Args:
            image_id: The image.
            category_ids: Category of each detection, (N,).
            scores: (N,)

        Returns:
            Their positions, int64: of the 300 best, those of categories known of the image.

        Raises:
            ValueError: There is no such image, or no such category.
        """
        if image_id not in self._image_ids:
            raise ValueError(
                f"the results name image {image_id}, which {self.path} does not have: they are of "
                "another split or data set"
            )
        category_ids = np.asarray(category_ids)
        strange = np.setdiff1d(category_ids, self.category_ids)
        if len(strange):
            raise ValueError(
                f"the results name category {strange[0]}, which {self.path} does not have: its "
                f"{len(self.category_ids)} ids go from {self.category_ids[0]} to "
                f"{self.category_ids[-1]}"
            )
        # Equal scores in the order given, as the LVIS authors' sort does it.
        best = np.argsort(-np.asarray(scores), kind="stable")[:MAX_DETECTIONS]
        return best[np.isin(category_ids[best], list(self._known[image_id]))]

    def average_precision(self, detections: Iterable[Mapping[str, Any]]) -> dict[str, float]:
        """Evaluate detections in COCO's result format.

        Args:
            detections: Those that count, see :meth:`that_count`: dicts of ``image_id``,
                ``category_id``, ``bbox`` (x, y, width, height) in pixels and ``score``.

        Returns:
            AP, AP50, AP75, APs, APm, APl, APr, APc, APf and AR300 in percent; -1 where there is
            nothing to measure.
        """
        results = [dict(detection) for detection in detections]
        truth = COCO(self.content, use_deepcopy=True)
        if not results:
            return dict.fromkeys(_STATS, 0.0)
        evaluation = COCOeval_faster(
            truth, truth.loadRes(results), "bbox", lvis_style=True, print_function=_silent
        )
        evaluation.params.maxDets = [MAX_DETECTIONS]
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        stats = evaluation.all_stats
        return {
            name: 100 * float(stats[i]) if stats[i] >= 0 else -1.0 for name, i in _STATS.items()
        }


def evaluate_file(annotations: str | Path, results: str | Path) -> dict[str, float]:
    """Average precision of a file of results, a JSON list in COCO's format.

    Raises:
        FileNotFoundError: One of the files is missing.
        ValueError: One of them is not what it should be.
    """
    truth = LVISGroundTruth(annotations)
    entries = _read_json(Path(results), "results")
    keys = {"image_id", "category_id", "bbox", "score"}
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and keys <= entry.keys() for entry in entries
    ):
        raise ValueError(
            f"{results} is not a file of results: a list of {{image_id, category_id, bbox, score}}"
        )
    of_image: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for entry in entries:
        of_image[entry["image_id"]].append(entry)
    counted = []
    for image_id, of_one in of_image.items():
        scores = np.array([entry["score"] for entry in of_one])
        chosen = truth.that_count(image_id, [entry["category_id"] for entry in of_one], scores)
        counted += [of_one[i] for i in chosen]
    return truth.average_precision(counted)


def _read_json(path: Path, what: str) -> Any:
    if not path.is_file():
        raise FileNotFoundError(f"there is no file of {what} {path}")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not a JSON file: {error}") from error


def _silent(*_: Any) -> None:
    """What faster-coco-eval prints is in the numbers."""
