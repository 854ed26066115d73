"""Accuracy on UCF-101 and HMDB-51 as it is reported: over the three official test splits."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from iclip.datasets.readers.official_splits import SPLITS, read_official_splits
from iclip.openmmlab.accuracy_per_class import AccuracyPerClass
from iclip.registry import METRICS
from iclip.text.class_words import class_words


@METRICS.register_module()
class AccuracyOfSplits(AccuracyPerClass):
    """Top-1 of each split, their mean and their standard deviation.

    ``top1``, ``top5`` and ``mean1`` are means over the splits, ``top1_std`` is the sample standard
    deviation (divided by two), ``split1_top1`` and so on are the splits' own. Scores per class are
    over all videos, each counted once.

    Args:
        splits: Folder of the official lists.
        **kwargs: See :class:`.accuracy_per_class.AccuracyPerClass`.
    """

    def __init__(self, splits: str, **kwargs: Any) -> None:
        super().__init__(list_file=splits, **kwargs)

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        """Take one batch's scores and labels, and the splits of each video."""
        super().process(data_batch, data_samples)
        for result, sample in zip(self.results[-len(data_samples) :], data_samples, strict=True):
            result["splits"] = tuple(sample["splits"])

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Compute shares from 0 to 1 over all ranks.

        Args:
            results: Each video's ``pred``, scores (classes,), ``label`` and ``splits``.

        Raises:
            ValueError: The scores are of another number of classes than the data set has, or no
                video is of a split.
        """
        super().compute_metrics(results)  # the scores per class
        of_splits = [self._of_split(results, split) for split in SPLITS]
        means = {name: mean(found[name] for found in of_splits) for name in of_splits[0]}
        top1 = [found["top1"] for found in of_splits]
        own = {f"split{split}_top1": value for split, value in zip(SPLITS, top1, strict=True)}
        return {**means, "top1_std": stdev(top1), **own}

    def _of_split(self, results: list[dict[str, Any]], split: int) -> dict[str, float]:
        chosen = [result for result in results if split in result["splits"]]
        if not chosen:
            raise ValueError(
                f"none of the {len(results):,} videos is of split {split}: test all of them"
            )
        return self.calculate(
            [result["pred"] for result in chosen], [result["label"] for result in chosen]
        )

    def class_names(self, count: int) -> list[str]:
        """Return the words of the data set's classes.

        Raises:
            ValueError: It has another number of classes.
        """
        splits = read_official_splits(Path(self.list_file))
        if len(splits.classes) != count:
            raise ValueError(
                f"the model gives scores of {count} classes, and {splits.data_set} has "
                f"{len(splits.classes)} ({self.list_file}): test it with the words of these "
                "classes, by the hook iclip.SetClasses as in downstream/ucf101_video_swin_text.py"
            )
        return [class_words(name) for name in splits.classes]
