"""A model that embeds texts, and the one embedding of a class from those of its prompts."""

from abc import ABC, abstractmethod
from functools import reduce

import torch
from torch import Tensor
from torch.nn import functional as F

from iclip.evaluation.finite import check_finite
from iclip.text.class_prompts import ClassPrompts
from iclip.text.token_rows import TokenRows


class TextEmbedder(ABC):
    """The interface by which validation, suites and text heads get a model's class embeddings."""

    @abstractmethod
    def encode_rows(self, texts: TokenRows) -> Tensor:
        """Embed tokenized texts: unit rows, float32 on the CPU, (T, D), in the given order."""

    def class_embeds(self, prompts: ClassPrompts) -> Tensor:
        """Average each class's embeddings over the templates (arXiv:2103.00020, section 3.1.4).

        Args:
            prompts: The classes and their templates, for this model's tokenizer.

        Returns:
            Unit rows, (N, D): the direction of the sum is that of the mean.

        Raises:
            ValueError: Embeddings are not finite.
        """
        of_templates = map(prompts.rows_in_template, range(len(prompts.templates)))
        # Summed one template at a time, because those of 21,841 classes take 45 MB each.
        class_embeds = F.normalize(reduce(torch.add, map(self.encode_rows, of_templates)), dim=-1)
        texts = prompts.class_texts
        check_finite(
            class_embeds,
            "text embeddings of the classes",
            lambda row: f"{texts[row].id} ({texts[row].names[0]})",
        )
        return class_embeds
