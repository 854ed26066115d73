"""Token ids of a class-text table in a set of templates, for every iteration of a training."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from iclip.messages import counted, listing, shortened
from iclip.registry import TOKENIZERS
from iclip.text.class_texts import ClassTexts, as_class_texts
from iclip.text.joined_prompts import JoinedPrompts
from iclip.text.prompts import draw_templates, select_templates
from iclip.text.token_rows import TokenRows
from iclip.text.tokenizer_protocol import JoiningTokenizer, Tokenizer
from iclip.text.whole_prompts import WholePrompts


class ClassPrompts:
    """Class texts, composed with templates and tokenized.

    The texts of a step are NumPy's arrays, because torch's tensors have no values while a step is
    traced (torch's FakeTensorMode). Tokenizers that tokenize whole prompts return torch's tensors:
    with one of those, call `rows_at` once before tracing, which keeps the ids for later calls.

    Args:
        class_texts: A class-text table, or its path.
        tokenizer: A tokenizer, or its config.
        templates: The templates, or the name of a set in :data:`~iclip.text.prompts.TEMPLATES`.
        variant: Which parts of a class text to use, see :func:`~iclip.text.prompts.compose`.
        seed: Seed of the templates that are drawn in training; None: the run's.

    Attributes:
        run_seed: The run's seed, which a hook sets.

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
        seed: int | None = None,
    ) -> None:
        self.class_texts = as_class_texts(class_texts)
        self.tokenizer: Tokenizer = (
            TOKENIZERS.build(tokenizer) if isinstance(tokenizer, dict) else tokenizer
        )
        self.templates = select_templates(templates)
        self.variant = variant
        self.seed, self.run_seed = seed, 0
        self._prompts = self._tokenized()
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

    def lengths_at(self, iteration: int) -> npt.NDArray[np.int64]:
        """Count the ids of each class in its template of this iteration, (N,)."""
        return self._prompts.lengths(np.arange(len(self)), self._templates_at(iteration))

    def rows_at(self, classes: Sequence[int] | npt.NDArray[np.int64], iteration: int) -> TokenRows:
        """Return the ids of some classes, each in its template of this iteration.

        The template is a function of (seed, iteration, class) only: all ranks agree on it, and a
        resumed training repeats it.
        """
        classes = np.asarray(classes, dtype=np.int64)
        return self._prompts.rows(classes, self._templates_at(iteration)[classes])

    def rows_in_template(self, template: int) -> TokenRows:
        """Return the ids of all classes in one template, given by its index."""
        return self._prompts.rows(np.arange(len(self)), np.full(len(self), template))

    def token_ids_at(
        self, classes: Sequence[int] | npt.NDArray[np.int64], iteration: int
    ) -> Tensor:
        """Return what `rows_at` does, padded to the longest text: (len(classes), L), int64."""
        rows = self.rows_at(classes, iteration)
        return torch.from_numpy(rows.padded(self.tokenizer.pad_id))

    def _tokenized(self) -> JoinedPrompts | WholePrompts:
        tokenizer = self.tokenizer
        # A tokenizer of another kind joins no text, not even the empty one.
        if isinstance(tokenizer, JoiningTokenizer) and tokenizer.joins(""):
            return JoinedPrompts(self.class_texts, self.templates, self.variant, tokenizer)
        return WholePrompts(self.class_texts, self.templates, self.variant, tokenizer)

    def _templates_at(self, iteration: int) -> npt.NDArray[np.int64]:
        """Return the index of each class's template in this iteration, (N,)."""
        seed = self.run_seed if self.seed is None else self.seed
        return draw_templates(len(self), len(self.templates), seed, iteration)

    def _check_names_fit(self) -> None:
        cut = self._prompts.classes_with_cut_name()
        if cut:
            raise ValueError(
                f"tokenizer.context_length={self.tokenizer.context_length} cuts the names of "
                f"{counted(len(cut), 'class', 'classes')}: {listing(list(map(shortened, cut)))}. "
                "Take shorter names, or a model with a longer context"
            )
