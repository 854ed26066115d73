"""Token ids of a class-text table in a set of templates, for every iteration of a training."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from iclip.messages import listing
from iclip.registry import TOKENIZERS
from iclip.text.class_texts import ClassTexts, as_class_texts
from iclip.text.prompts import classes_with_cut_name, compose, draw_templates, select_templates
from iclip.text.tokenizer_protocol import TokenIds, Tokenizer, used_width


class ClassPrompts:
    """Class texts, composed with templates and tokenized.

    NumPy chooses the texts of a step, because torch's tensors have no values while a step is traced
    (torch's FakeTensorMode). The tokenizer does return torch's tensors: call `token_ids_at` once
    before tracing, which keeps the ids of all classes for later calls.

    Args:
        class_texts: A class-text table, or its path.
        tokenizer: A tokenizer, or its config.
        templates: The templates, or the name of a set in :data:`~iclip.text.prompts.TEMPLATES`.
        variant: Which parts of a class text to use, see :func:`~iclip.text.prompts.compose`.
        seed: Seed of the templates that are drawn in training.

    Raises:
        ValueError: The templates are unknown or malformed, or the tokenizer's context is too short
            for a class's name.
    """

    def __init__(
        self,
        class_texts: str | ClassTexts,
        tokenizer: dict[str, Any] | Tokenizer,
        templates: str | Sequence[str] = "simple",
        variant: str = "name_description",
        seed: int = 0,
    ) -> None:
        self.class_texts = as_class_texts(class_texts)
        self.tokenizer: Tokenizer = (
            TOKENIZERS.build(tokenizer) if isinstance(tokenizer, dict) else tokenizer
        )
        self.templates = select_templates(templates)
        self.variant = variant
        self.seed = seed
        self._tables: dict[int, npt.NDArray[np.int32]] = {}
        self._check_names_fit()

    def __len__(self) -> int:
        """Return the number of classes N."""
        return len(self.class_texts)

    def for_classes(self, class_texts: str | ClassTexts, **changes: Any) -> "ClassPrompts":
        """Compose other classes in the same way, but for the arguments in ``changes``."""
        same: dict[str, Any] = {
            "tokenizer": self.tokenizer,
            "templates": self.templates,
            "variant": self.variant,
            "seed": self.seed,
        }
        return ClassPrompts(class_texts, **(same | changes))

    def token_ids_at(
        self, classes: Sequence[int] | npt.NDArray[np.int64], iteration: int
    ) -> Tensor:
        """Return token ids (len(classes), L), int64, each class in its template of this iteration.

        The template is a function of (seed, iteration, class) only: all ranks agree on it, and a
        resumed training repeats it. L is the length of the longest text, not the context length.
        """
        rows = np.asarray(classes, dtype=np.int64)
        template_of_class = draw_templates(len(self), len(self.templates), self.seed, iteration)
        template_of_row = template_of_class[rows]  # N -> len(classes)
        token_ids = np.empty((len(rows), self.tokenizer.context_length), dtype=np.int64)
        for template in np.unique(template_of_row):
            mask = template_of_row == template
            token_ids[mask] = self._table(int(template))[rows[mask]]
        return self._trimmed(token_ids)

    def token_ids_in_template(self, template: int) -> Tensor:
        """Return token ids (N, L), int64, of all classes in one template, given by its index."""
        return self._trimmed(self._table(template).astype(np.int64))

    def texts_in_template(self, template: int) -> list[str]:
        """Return the prompts of all N classes in one template, given by its index."""
        pattern = self.templates[template]
        return [compose(text, pattern, self.variant) for text in self.class_texts]

    def _trimmed(self, token_ids: TokenIds) -> Tensor:
        # T, context length -> T, L. The copy lets go of the wider array.
        return torch.from_numpy(token_ids[:, : used_width(token_ids, self.tokenizer.pad_id)].copy())

    def _table(self, template: int) -> npt.NDArray[np.int32]:
        """Return the token ids of all classes in one template, (N, context length), and keep them.

        They are kept as int32: 6.7 MB per template for 21,841 classes of 77 tokens.
        """
        if template not in self._tables:
            texts = self.texts_in_template(template)
            self._tables[template] = self.tokenizer(texts).numpy().astype(np.int32)
        return self._tables[template]

    def _check_names_fit(self) -> None:
        context_length = self.tokenizer.context_length
        cut = classes_with_cut_name(
            self.class_texts, self.templates, self.tokenizer.token_counts, context_length
        )
        if cut:
            raise ValueError(
                f"tokenizer.context_length={context_length} cuts the names of {len(cut)} classes: "
                f"{listing(cut)}. Take a longer context or shorter names"
            )
