"""What predictors of the frameworks' models share: the network, and classes that may be words."""

from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.config import Config

from iclip.openmmlab.class_names import class_names
from iclip.openmmlab.predict.network import Network, StoredModel, number_of_classes
from iclip.words import ClassEmbeddings, check_several


class FrameworkPredictor:
    """A model of one of the frameworks, which may know its classes by words.

    Args:
        stored: The model.
        steps: Settings of the transforms, see :mod:`iclip.openmmlab.predict.input_pipeline`.

    Attributes:
        classes: Names of the classes, in the order of labels.
    """

    takes_videos = False
    # How a model of the task is trained by words: a config, and the task of `iclip finetune`.
    by_words: tuple[str, str]
    # Whether a class's score is a share among the words alone, without a background.
    shares_of_words = True

    def __init__(self, stored: StoredModel, steps: Sequence[Mapping[str, Any]]) -> None:
        self._place = stored.place
        self._network = Network(stored, steps)
        count = self._class_count(stored.cfg)
        self.classes = tuple(class_names(stored.cfg, count, stored.meta))

    def set_classes(self, embeddings: ClassEmbeddings) -> None:
        """Predict other classes from now on.

        Raises:
            ValueError: The model has no classifier by words, the classes are of another joint
                space, or there is one where the model tells words apart.
        """
        head = self._head()
        if not hasattr(head, "set_classes"):
            config, task = self.by_words
            raise ValueError(
                f"{self._place}: its head, {type(head).__name__}, knows no classes but those that "
                f"it was trained on. Train one by words: {config}, or iclip finetune {task} "
                "--classifier text"
            )
        if self.shares_of_words:
            check_several(embeddings)
        self._take(head, embeddings)
        self.classes = embeddings.names

    def _class_count(self, cfg: Config) -> int:
        return number_of_classes(self._network.model)

    def _head(self) -> Any:
        """Return the head that knows the classes; None where the model has another structure."""
        raise NotImplementedError

    def _take(self, head: Any, embeddings: ClassEmbeddings) -> None:
        """Give the head, which takes them, other classes."""
        head.set_classes(embeddings)
