"""A test with another vocabulary than the training's."""

from collections.abc import Iterator, Sequence
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import nn

from iclip.registry import HOOKS
from iclip.text.class_texts import read_class_texts
from iclip.words.class_embeddings import ClassEmbeddings, embed_classes, read_class_embeddings
from iclip.zeroshot.loading import load_zero_shot_model


@HOOKS.register_module()
class SetClasses(Hook):
    """Before a test, give the model's classifiers by words other classes.

    A model that was trained on one data set is so tested on another one, without training: its
    weights are loaded with the classes that they were saved with, and these are replaced.

    Args:
        class_texts: The classes to test, a class-text table; the checkpoint's text tower embeds
            them.
        checkpoint: The model of images and texts that the training started from.
        class_embeddings: A file of class embeddings (``iclip words`` writes one), in place of the
            two.
        templates: The templates, or the name of a set in :data:`~iclip.text.prompts.TEMPLATES`.
        variant: Which parts of a class text to use, see :func:`~iclip.text.prompts.compose`.

    Raises:
        ValueError: It is not stated once what the classes are.
    """

    def __init__(
        self,
        class_texts: str | None = None,
        checkpoint: str | None = None,
        class_embeddings: str | None = None,
        templates: str | Sequence[str] = "simple",
        variant: str = "name_description",
    ) -> None:
        by_texts = class_texts is not None and checkpoint is not None
        if by_texts == (class_embeddings is not None):
            raise ValueError(
                f"SetClasses has class_texts={class_texts!r}, checkpoint={checkpoint!r} and "
                f"class_embeddings={class_embeddings!r}: set the first two, or the last"
            )
        self.class_texts, self.checkpoint = class_texts, checkpoint
        self.class_embeddings = class_embeddings
        self.templates, self.variant = templates, variant

    def before_test(self, runner: Runner) -> None:
        """Replace the classes, once the weights are loaded.

        Raises:
            FileNotFoundError: A file that a setting names does not exist.
            ValueError: A file does not fit, or the model has no classifier by words.
        """
        takers = list(class_takers(runner.model))
        if not takers:
            raise ValueError(
                f"custom_hooks: SetClasses finds nothing in model.type="
                f"{type(runner.model).__name__!r} that takes classes in words; test a model with "
                "an iclip.TextClassifier"
            )
        embeddings = self._embeddings()
        for taker in takers:
            taker.set_classes(embeddings)
        runner.logger.info(f"Tested classes: {len(embeddings):,} of {self._place()}")

    def _embeddings(self) -> ClassEmbeddings:
        if self.class_texts is None or self.checkpoint is None:
            return read_class_embeddings(str(self.class_embeddings))
        texts = read_class_texts(self.class_texts)
        return embed_classes(
            load_zero_shot_model(self.checkpoint), texts, self.templates, self.variant
        )

    def _place(self) -> str:
        return str(self.class_texts or self.class_embeddings)


def class_takers(module: nn.Module) -> Iterator[Any]:
    """Yield the modules that take a vocabulary.

    Of modules within each other the outermost is yielded: it knows what else follows from the
    number of classes.
    """
    if callable(getattr(module, "set_classes", None)):
        yield module
        return
    for child in module.children():
        yield from class_takers(child)
