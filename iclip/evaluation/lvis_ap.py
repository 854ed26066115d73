"""Box average precision as LVIS defines it (arXiv:1908.03195), through faster-coco-eval.

LVIS does not annotate every category in every image. An image's detections count only for the
categories that are known of it: those annotated in it, and those stated to be absent. All others
are dropped at once, so that an evaluation holds a few detections per image instead of 300.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from faster_coco_eval import COCO, COCOeval_faster

from iclip.evaluation.counted_annotations import counted_annotations
from iclip.evaluation.lvis_files import check_lvis_structure, read_results
from iclip.evaluation.lvis_summary import LVISSummary
from iclip.files.annotations import read_annotations
from iclip.files.coco import category_name

MAX_DETECTIONS = 300
"""LVIS's limit: only so many detections of an image count, the best ones of all categories."""

# faster-coco-eval keeps a record per image and category; 500,000 of them take about a gigabyte.
PAIRS_AT_ONCE = 500_000


class LVISGroundTruth:
    """An LVIS annotation file, v0.5 or v1.

    Args:
        path: The JSON file.

    Attributes:
        category_ids: Ids of the categories in the file's order, in which mmdet's LVIS data sets
            number labels.
        names: Names of the categories in the same order; the id of a category without a name.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not an LVIS annotation file.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        content = read_annotations(self.path)
        check_lvis_structure(self.path, content)
        self.content: dict[str, Any] = content
        categories = content["categories"]
        self.category_ids: tuple[int, ...] = tuple(category["id"] for category in categories)
        self.names = tuple(map(category_name, categories))
        # Per image, the categories that are annotated in it or stated to be absent.
        known: dict[int, set[int]] = defaultdict(set)
        for image in content["images"]:
            known[image["id"]].update(image["neg_category_ids"])
        for annotation in content["annotations"]:
            known[annotation["image_id"]].add(annotation["category_id"])
        self._known = known
        self._image_ids = {image["id"] for image in content["images"]}
        self._category_set = frozenset(self.category_ids)

    def scored_detections(
        self, image_id: int, category_ids: Sequence[int] | np.ndarray, scores: np.ndarray
    ) -> np.ndarray:
        """Find the detections of an image that count.

        Args:
            image_id: The image.
            category_ids: Category of each detection, (N,).
            scores: Score of each detection, (N,).

        Returns:
            Their positions in the arguments, int64, best first: of the 300 best, those of
            categories known of the image. A detection whose score is not finite never counts.

        Raises:
            ValueError: The file does not have the image, or one of the categories.
        """
        if image_id not in self._image_ids:
            raise ValueError(
                f"the results name image {image_id}, which {self.path} does not have: they are of "
                "another split or data set"
            )
        category_ids = np.asarray(category_ids)
        strange = set(category_ids.tolist()) - self._category_set
        if strange:
            raise ValueError(
                f"the results name category {min(strange)}, which {self.path} does not have: its "
                f"{len(self.category_ids)} ids go from {min(self.category_ids)} to "
                f"{max(self.category_ids)}"
            )
        scores = np.asarray(scores, dtype=float)
        finite = np.flatnonzero(np.isfinite(scores))
        # Equal scores stay in the given order, as in the LVIS authors' sort.
        best = finite[np.argsort(-scores[finite], kind="stable")[:MAX_DETECTIONS]]
        return best[np.isin(category_ids[best], list(self._known[image_id]))]

    def evaluate(
        self, detections: Iterable[Mapping[str, Any]], pairs_at_once: int = PAIRS_AT_ONCE
    ) -> LVISSummary:
        """Evaluate detections in COCO's result format, some categories at a time.

        Args:
            detections: The detections that count, see :meth:`scored_detections`: dicts of
                ``image_id``, ``category_id``, ``bbox`` (x, y, width, height) in pixels and
                ``score``.
            pairs_at_once: Number of pairs of a category and an image that are evaluated at a time,
                which bounds the memory.

        Returns:
            Precision and recall, with the categories in the file's order.
        """
        boxes: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for detection in detections:
            boxes[detection["category_id"]].append(dict(detection))
        truth: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for annotation in self.content["annotations"]:
            truth[annotation["category_id"]].append(annotation)
        size = max(1, pairs_at_once // max(1, len(self._image_ids)))  # categories at a time
        # faster-coco-eval returns its arrays in the order of the ids.
        ids = sorted(self.category_ids)
        parts = [self._evaluate(ids[i : i + size], truth, boxes) for i in range(0, len(ids), size)]
        # Back to the file's order.
        in_file = [ids.index(id_) for id_ in self.category_ids]
        precision = np.concatenate([part[0] for part in parts], axis=2)[:, :, in_file]
        recall = np.concatenate([part[1] for part in parts], axis=1)[:, in_file]
        frequencies = tuple(c.get("frequency") for c in self.content["categories"])
        return LVISSummary(precision, recall, frequencies)

    def average_precision(
        self, detections: Iterable[Mapping[str, Any]], pairs_at_once: int = PAIRS_AT_ONCE
    ) -> dict[str, float]:
        """Evaluate detections and return the means, see :meth:`LVISSummary.means`."""
        return self.evaluate(detections, pairs_at_once).means()

    def _evaluate(
        self,
        category_ids: Sequence[int],
        truth: Mapping[int, Sequence[dict[str, Any]]],
        boxes: Mapping[int, Sequence[dict[str, Any]]],
    ) -> tuple[np.ndarray, np.ndarray]:
        """Measure some categories.

        Args:
            category_ids: Their ids in ascending order.
            truth: Annotations by category.
            boxes: Detections by category.

        Returns:
            Precision and recall as in :class:`LVISSummary`, of these categories.
        """
        annotations = [entry for id_ in category_ids for entry in truth.get(id_, ())]
        results = [entry for id_ in category_ids for entry in boxes.get(id_, ())]
        # Only images with an object or a detection of these categories: others change no score.
        images = {entry["image_id"] for entry in (*annotations, *results)}
        if not images:  # nothing to measure
            return np.full((10, 101, len(category_ids), 4), -1.0), np.full(
                (10, len(category_ids), 4), -1.0
            )
        chosen = set(category_ids)
        content = {
            "images": [image for image in self.content["images"] if image["id"] in images],
            # faster-coco-eval demands a frequency; precision and recall do not depend on it.
            "categories": [
                {**c, "frequency": "f"} for c in self.content["categories"] if c["id"] in chosen
            ],
            "annotations": counted_annotations(annotations),
        }
        coco = COCO(content, use_deepcopy=True)
        # It also demands a detection; one that overlaps nothing changes no score.
        found = coco.loadRes(results or [far_away(min(images), category_ids[0])])
        evaluation = COCOeval_faster(coco, found, "bbox", lvis_style=True, print_function=silent)
        evaluation.params.maxDets = [MAX_DETECTIONS]
        evaluation.evaluate()
        evaluation.accumulate()
        return evaluation.eval["precision"][..., -1], evaluation.eval["recall"][..., -1]


def evaluate_file(annotations: str | Path, results: str | Path) -> dict[str, float]:
    """Evaluate a file of results, a JSON list in COCO's format.

    Returns:
        See :meth:`LVISSummary.means`.

    Raises:
        FileNotFoundError: One of the files does not exist.
        ValueError: One of the files does not have the expected content.
    """
    truth = LVISGroundTruth(annotations)
    entries = read_results(Path(results))
    of_image: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for entry in entries:
        of_image[entry["image_id"]].append(entry)
    counted = []
    for image_id, of_one in of_image.items():
        scores = np.array([entry["score"] for entry in of_one])
        chosen = truth.scored_detections(
            image_id, [entry["category_id"] for entry in of_one], scores
        )
        counted += [of_one[i] for i in chosen]
    return truth.average_precision(counted)


def far_away(image_id: int, category_id: int) -> dict[str, Any]:
    """Return a detection of score 0 outside of every image."""
    box = [-1e6, -1e6, 1.0, 1.0]
    return {"image_id": image_id, "category_id": category_id, "bbox": box, "score": 0.0}


def silent(*_: Any) -> None:
    """Drop what faster-coco-eval prints; the returned numbers hold the same."""
