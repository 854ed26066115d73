"""A data set of segmentation of which a training sees some classes only."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmseg.datasets import BaseSegDataset

from iclip.data_summary import DataSummary, Omission
from iclip.evaluation.category_groups import Group, labels_of_group
from iclip.messages import counted, listing
from iclip.registry import DATASETS
from iclip.text.class_texts import read_class_texts

# Label maps that are read to say how much is ignored.
_COUNTED_MAPS = 200


@DATASETS.register_module()
class SegmentationOfClasses(BaseSegDataset):
    """Ignore the pixels of all classes but some, as if nobody had labelled them.

    Labels are those of the kept classes, in the order in which the classes are given, unless they
    stay those of all.

    Args:
        train_only: The classes that are kept, see :mod:`iclip.evaluation.category_groups`; None:
            all.
        class_texts: A class-text table of all classes of the label maps, in the order of their
            labels, whose usual names are the classes; None: ``metainfo`` names them.
        keep_labels: Whether labels stay those of all classes, for a model with an output of each.
        metainfo: See mmseg's ``BaseSegDataset``.
        ignored_label: What mmseg's pipelines ignore.
        **kwargs: See mmseg's ``BaseSegDataset``.

    Raises:
        FileNotFoundError: There is no such table.
        ValueError: ``train_only`` names what is not a class.
    """

    def __init__(
        self,
        train_only: Group | None = None,
        class_texts: str | None = None,
        keep_labels: bool = False,
        metainfo: Mapping[str, Any] | None = None,
        ignored_label: int = 255,
        **kwargs: Any,
    ) -> None:
        metainfo = dict(metainfo or {})
        if class_texts is not None:
            metainfo["classes"] = [text.names[0] for text in read_class_texts(class_texts)]
        self.all_classes = tuple(metainfo["classes"])
        kept: Sequence[int] = range(len(self.all_classes))
        if train_only is not None:
            kept = labels_of_group(train_only, as_categories(self.all_classes), "train_only")
        named = range(len(self.all_classes)) if keep_labels else kept
        labels = {label: new for new, label in enumerate(named) if label in kept}
        # What mmseg does for a part of the classes that its own data sets have.
        self._labels = {i: labels.get(i, ignored_label) for i in range(len(self.all_classes))}
        palette = metainfo.get("palette")
        kept_palette = {} if palette is None else {"palette": [palette[label] for label in named]}
        chosen = {**metainfo, "classes": [self.all_classes[i] for i in named], **kept_palette}
        super().__init__(metainfo=chosen, ignore_index=ignored_label, **kwargs)

    def get_label_map(self, new_classes: Sequence[str] | None = None) -> dict[int, int]:
        """Return what each label of the files becomes."""
        return self._labels

    def summaries(self) -> dict[str, DataSummary]:
        """Say which classes are ignored, and how many of their pixels a sample of maps holds."""
        ignored = [i for i, label in self._labels.items() if label == self.ignore_index]
        names = [self.all_classes[i] for i in ignored]
        counts = {"images": len(self), "classes": len(self._labels) - len(names)}
        place = self.data_prefix.get("img_path") or self.ann_file
        if not names:
            return {"": DataSummary(type(self).__name__, place, counts)}
        maps, pixels, of = self._ignored_pixels(ignored)
        note = (
            f"{100 * pixels / max(of, 1):.1f} % of the labelled pixels of "
            f"{counted(maps, 'label map')} are ignored ({listing(names, 5)})"
        )
        left_out = (Omission("classes that are tested only", len(names), names[0]),)
        return {"": DataSummary(type(self).__name__, place, counts, left_out, (note,))}

    def _ignored_pixels(self, ignored: Sequence[int]) -> tuple[int, int, int]:
        """Count in some maps the pixels that are ignored, and all that have a class."""
        step = -(-len(self) // _COUNTED_MAPS)
        numbers = range(0, len(self), max(step, 1))
        counts = np.zeros(256, dtype=np.int64)
        for number in numbers:
            counts += np.bincount(self._stored_labels(number), minlength=256)
        classes = counts[: len(self.all_classes)]
        return len(numbers), int(classes[list(ignored)].sum()), int(classes.sum())

    def _stored_labels(self, number: int) -> Any:
        """Return the labels of a map before any is ignored, (pixels,)."""
        import mmcv

        path = self.get_data_info(number)["seg_map_path"]
        with open(path, "rb") as file:
            stored = mmcv.imfrombytes(file.read(), flag="unchanged", backend="pillow")
        labels = stored.squeeze().astype(np.uint8).ravel()
        return labels - 1 if self.reduce_zero_label else labels  # 0 becomes 255


def as_categories(names: Sequence[str]) -> list[dict[str, Any]]:
    """Return classes as the categories of an annotation file, with ids that no table states."""
    return [{"id": -1 - label, "name": name} for label, name in enumerate(names)]
