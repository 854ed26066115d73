"""Zero-shot classification in validation, where the text tower provides the classifier."""

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.evaluator import BaseMetric
from torch import Tensor

from iclip.evaluation.accuracy import top_k_accuracy
from iclip.evaluation.finite import check_finite
from iclip.evaluation.text_embedder import TextEmbedder
from iclip.models.methods.two_towers import TwoTowers
from iclip.registry import METRICS
from iclip.text.class_texts import read_class_texts
from iclip.text.token_rows import TokenRows


class TextTower(TextEmbedder):
    """The text tower of a model in training, in its present mode and on its device.

    Args:
        model: The model; its ``encode_token_rows`` is used.
    """

    def __init__(self, model: TwoTowers) -> None:
        self.model = model

    @torch.no_grad()
    def encode_rows(self, texts: TokenRows) -> Tensor:
        """Embed tokenized texts: unit rows, float32 on the CPU, (T, D), in the given order."""
        return self.model.encode_token_rows(texts).float().cpu()


@METRICS.register_module()
class ZeroShotAccuracy(BaseMetric):
    """Top-k accuracy of images against class texts.

    The texts are composed as the model's own ``class_prompts`` are, unless told otherwise.

    Args:
        class_texts: Path of the class-text table that the dataset's labels index.
        restrict_to: Path of a class-text table: only its classes are candidates. The images' own
            classes must be among them. None: all classes are candidates.
        top_k: The ks of the accuracies.
        composition: Arguments of :class:`~iclip.text.class_prompts.ClassPrompts` that differ from
            the model's, such as ``dict(variant='name')``.
        **kwargs: See mmengine's ``BaseMetric``.
    """

    default_prefix = "zero_shot"

    def __init__(
        self,
        class_texts: str,
        restrict_to: str | None = None,
        top_k: Sequence[int] = (1, 5),
        composition: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.class_texts = read_class_texts(class_texts)
        self.top_k = tuple(top_k)
        self.composition = composition or {}
        self.candidates = torch.arange(len(self.class_texts))  # labels, in ascending order
        if restrict_to is not None:
            ids = read_class_texts(restrict_to).ids
            self.candidates = torch.tensor(sorted(self.class_texts.index(id_) for id_ in ids))
        self.class_embeds: Tensor | None = None

    def prepare(self, model: TwoTowers) -> None:
        """Encode the class texts with the model as it is now.

        Raises:
            ValueError: The model has no text tower or no ``class_prompts``, the context cuts the
                name of a class, or embeddings of the class texts are not finite.
        """
        own = getattr(model, "class_prompts", None)
        if own is None or not hasattr(model, "text_encoder"):
            raise ValueError(
                f"ZeroShotAccuracy needs a model with a text tower and class_prompts; "
                f"{type(model).__name__} lacks "
                + ("class_prompts" if own is None else "a text tower: take ClassifierAccuracy")
            )
        prompts = own.for_classes(self.class_texts, **self.composition)
        self.class_embeds = TextTower(model).class_embeds(prompts)

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        """Take one batch's ``image_embeds`` and ``gt_label``."""
        self.results += [(sample["image_embeds"], sample["gt_label"]) for sample in data_samples]

    def compute_metrics(self, results: list[tuple[Tensor, int]]) -> dict[str, float]:
        """Return the accuracies over all ranks, in percent.

        Raises:
            ValueError: An image's class is not among the candidates, or image embeddings are not
                finite.
        """
        assert self.class_embeds is not None, "the loop calls prepare() before process()"
        image_embeds = torch.stack([embeds for embeds, _ in results])
        check_finite(image_embeds, "image embeddings", "image {}".format)
        labels = torch.tensor([label for _, label in results])
        # Place of each image's class among the candidates; beyond the last, clamped to it.
        column = torch.searchsorted(self.candidates, labels).clamp(max=len(self.candidates) - 1)
        outside = labels[self.candidates[column] != labels].unique().tolist()
        if outside:
            names = [self.class_texts[label].id for label in outside[:10]]
            raise ValueError(
                f"restrict_to leaves out {len(outside)} classes that the images have: {names}. "
                "Give a table that holds every class of the dataset"
            )
        scores = image_embeds @ self.class_embeds[self.candidates].T  # B, candidates
        return top_k_accuracy(scores, column, self.top_k)
