"""Zero-shot classification, retrieval and LVIS detection, as mmengine metrics."""

from iclip.evaluation.accuracy import top_k_accuracy
from iclip.evaluation.classifier_accuracy import ClassifierAccuracy
from iclip.evaluation.coco_metric import COCOBoxMetric
from iclip.evaluation.image_accuracy import ImageAccuracy
from iclip.evaluation.lvis_ap import LVISGroundTruth
from iclip.evaluation.lvis_metric import LVISBoxMetric
from iclip.evaluation.retrieval import RetrievalRecall, retrieval_recall
from iclip.evaluation.zero_shot import TextTower, ZeroShotAccuracy

__all__ = [
    "COCOBoxMetric",
    "ClassifierAccuracy",
    "ImageAccuracy",
    "LVISBoxMetric",
    "LVISGroundTruth",
    "RetrievalRecall",
    "TextTower",
    "ZeroShotAccuracy",
    "retrieval_recall",
    "top_k_accuracy",
]
