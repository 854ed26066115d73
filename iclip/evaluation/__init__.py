"""Zero-shot classification and retrieval, as mmengine metrics."""

from iclip.evaluation.head_accuracy import HeadAccuracy
from iclip.evaluation.retrieval import RetrievalRecall, retrieval_recall
from iclip.evaluation.top_k import top_k_accuracy
from iclip.evaluation.zero_shot import ZeroShotAccuracy, encode_class_prompts

__all__ = [
    "HeadAccuracy",
    "RetrievalRecall",
    "ZeroShotAccuracy",
    "encode_class_prompts",
    "retrieval_recall",
    "top_k_accuracy",
]
