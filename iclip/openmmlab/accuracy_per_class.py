"""mmaction's accuracies by the hub's rule on ties, and the confusion matrix."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from mmaction.evaluation.metrics import AccMetric
from torch import Tensor

from iclip.evaluation.accuracy import confusion
from iclip.evaluation.category_groups import Group, named_groups
from iclip.evaluation.ranking import NO_CLASS, predicted_class, rank_of_label
from iclip.openmmlab.class_names import label_file, video_class_names
from iclip.registry import METRICS
from iclip.results import ClassScores


@METRICS.register_module()
class AccuracyPerClass(AccMetric):
    """mmaction's ``AccMetric`` for videos with one label each; it also keeps the confusion matrix.

    The metrics keep mmaction's names. Scores that are tied or not a number never count as right
    (:mod:`iclip.evaluation.ranking`); mmaction counts them for the class that sorting puts last.

    Args:
        list_file: The list of videos; ``labels.txt`` in its folder names the classes.
        groups: Groups of classes by name, see :mod:`iclip.evaluation.category_groups`; each adds
            ``top1_NAME``, the top-1 of the videos of its classes. A group without a video adds
            nothing.
        **kwargs: See mmaction's ``AccMetric``.

    Raises:
        FileNotFoundError: A group names a file that is not there.
        ValueError: A group names what is not a class of ``labels.txt``.

    Attributes:
        per_class: Top-1 of each class after an evaluation, for ``SavePerClass``, with the number of
            its videos. ``confusion`` counts videos by true class (row) and predicted class;
            ``undecided`` counts, by true class, the videos that are predicted as no class.
    """

    def __init__(
        self, list_file: str, groups: Mapping[str, Group] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.list_file = list_file
        self.groups = groups or {}
        names = label_file(list_file)
        if names is not None:
            self._members(names)  # a mistake in them ends the run before it begins
        self.per_class: ClassScores | None = None

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Compute shares from 0 to 1 over all ranks.

        Args:
            results: Each video's ``pred``, scores (classes,), and ``label``.
        """
        # (videos, classes)
        scores = torch.from_numpy(np.stack([result["pred"] for result in results]))
        labels = torch.tensor([result["label"] for result in results])
        names = self.class_names(scores.shape[1])
        counts, undecided = confusion(scores, labels)
        self.per_class = ClassScores.from_confusion(
            names, counts.tolist(), undecided.tolist(), metric="top-1", counted="videos"
        )
        return {**super().compute_metrics(results), **self._of_groups(names, scores, labels)}

    def _of_groups(self, names: list[str], scores: Tensor, labels: Tensor) -> dict[str, float]:
        """Compute each group's top-1 among all classes; scores are (videos, classes)."""
        right = predicted_class(scores) == labels
        shares = {}
        for name, members in self._members(names).items():
            of_group = torch.isin(labels, torch.tensor(members))
            if of_group.any():
                shares[f"top1_{name}"] = right[of_group].double().mean().item()
        return shares

    def _members(self, names: list[str]) -> Mapping[str, Sequence[int]]:
        categories = [dict(id=label, name=name) for label, name in enumerate(names)]
        return named_groups(self.groups, categories)

    def class_names(self, count: int) -> list[str]:
        """Return the names of the classes that are scored."""
        return video_class_names(self.list_file, count)

    def calculate(self, preds: list[Any], labels: list[int]) -> dict[str, float]:
        """Compute mmaction's metrics, the accuracies by the hub's rule on ties.

        Args:
            preds: Scores of each video, (classes,).
            labels: Class of each video.
        """
        metrics = dict(super().calculate(preds, labels))
        scores, truth = torch.from_numpy(np.stack(preds)), torch.tensor(labels)
        rank = rank_of_label(scores, truth)
        for name in metrics:
            # The best class has rank 0, so the label is among the k best if its rank is below k.
            if name.startswith("top"):
                metrics[name] = (rank < int(name.removeprefix("top"))).double().mean().item()
        if "mean1" in metrics:
            metrics["mean1"] = _mean_over_classes(predicted_class(scores), truth)
        return metrics


def _mean_over_classes(predicted: Tensor, labels: Tensor) -> float:
    """Compute the mean accuracy over classes as mmaction does, from labels (videos,).

    A class that is predicted but never true counts as 0.
    """
    seen = set(labels.tolist()) | set(predicted.tolist()) - {NO_CLASS}
    right = predicted == labels
    # The mean over no videos, of a class that is never true, is NaN.
    shares = [right[labels == label].double().mean().nan_to_num(0.0).item() for label in seen]
    return sum(shares) / len(shares)
