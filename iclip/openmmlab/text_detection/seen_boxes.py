"""Training on the boxes of some categories, as open-vocabulary detection is trained."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mmdet.datasets import LVISV1Dataset
from mmengine.hooks import Hook
from mmengine.runner import Runner

import iclip.openmmlab.shared_annotations  # noqa: F401  (the file is read once)
from iclip.evaluation.category_groups import Group, labels_of_group
from iclip.files.annotations import read_annotations
from iclip.openmmlab.text_detection.box_head import TextBBoxHead
from iclip.registry import DATASETS, HOOKS


@DATASETS.register_module()
class LVISOfCategories(LVISV1Dataset):
    """LVIS v1 without the boxes of categories that are not to be trained.

    Labels stay those of all categories. Images that only show other categories count as images
    without boxes, which ``filter_cfg`` leaves out. The check before the start counts both.

    Args:
        train_only: The categories whose boxes are kept, see
            :mod:`iclip.evaluation.category_groups`.
        **kwargs: See mmdet's ``LVISV1Dataset``.

    Attributes:
        trained: Labels of these categories, ascending, once the file is read.
    """

    cat_img_map: dict[int, list[int]]  # mmdet's: the images of each category, by id

    def __init__(self, *args: Any, train_only: Group, **kwargs: Any) -> None:
        self.train_only = train_only
        self.trained: tuple[int, ...] = ()
        super().__init__(*args, **kwargs)

    def trained_labels(self, categories: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
        """Return which of an annotation file's categories are trained, by label.

        Raises:
            FileNotFoundError: ``train_only`` names a file that is not there.
            ValueError: ``train_only`` names what is not a category.
        """
        return labels_of_group(self.train_only, categories, "train_only")

    def load_data_list(self) -> list[dict[str, Any]]:
        """Read the file, and leave out the other categories' boxes."""
        entries: list[dict[str, Any]] = super().load_data_list()
        categories = read_annotations(self.ann_file)["categories"]
        self.trained = self.trained_labels(categories)
        kept = set(self.trained)
        for entry in entries:
            own = entry["instances"]
            entry["instances"] = [box for box in own if box["bbox_label"] in kept]
        # From this, mmdet's filter_data tells which images have boxes.
        ids = {categories[label]["id"] for label in kept}
        self.cat_img_map = {
            id_: self.cat_img_map[id_] if id_ in ids else [] for id_ in self.cat_ids
        }
        return entries


@HOOKS.register_module()
class MarkTrainedClasses(Hook):
    """Tell the model's box heads which classes have boxes in the training data.

    They keep it with the weights; a model without a :class:`TextBBoxHead` stays as it is.
    """

    def before_train(self, runner: Runner) -> None:
        """Ask the training's data set.

        Raises:
            ValueError: It is not one of some categories.
        """
        sets = list(_sets_of_categories(runner.train_dataloader.dataset))
        if not sets:
            raise ValueError(
                "custom_hooks has iclip.MarkTrainedClasses, and no data set of train_dataloader is "
                "an iclip.LVISOfCategories, which knows: leave the hook out, or set type and "
                "train_only of the data set"
            )
        labels = {label for data_set in sets for label in data_set.trained}
        for module in runner.model.modules():
            if isinstance(module, TextBBoxHead):
                module.mark_trained(labels)


def _sets_of_categories(dataset: Any) -> Iterator[LVISOfCategories]:
    """Look through wrappers that repeat, balance or join data sets."""
    if isinstance(dataset, LVISOfCategories):
        yield dataset
    elif hasattr(dataset, "datasets"):
        for part in dataset.datasets:
            yield from _sets_of_categories(part)
    elif hasattr(dataset, "dataset"):
        yield from _sets_of_categories(dataset.dataset)
