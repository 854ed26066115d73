"""The token ids of all prompts of a class-text table, each prompt tokenized whole."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from iclip.text.class_texts import ClassTexts
from iclip.text.prompts import classes_with_cut_name, compose
from iclip.text.token_rows import TokenRows, runs
from iclip.text.tokenizer_protocol import Tokenizer, values_of

Indices = npt.NDArray[np.int64]


class WholePrompts:
    """What `JoinedPrompts` is, for tokenizers that do not say of which texts they join the parts.

    All prompts of a template are tokenized when the first of them is asked for, and kept.

    Args:
        class_texts: The N classes.
        templates: The P templates.
        variant: Which parts of a class text to use, see :func:`~iclip.text.prompts.compose`.
        tokenizer: The tokenizer.
    """

    def __init__(
        self, class_texts: ClassTexts, templates: Sequence[str], variant: str, tokenizer: Tokenizer
    ) -> None:
        self._texts, self._templates, self._variant = class_texts, templates, variant
        self._tokenizer = tokenizer
        # One tokenized template behind the other.
        self._ids: npt.NDArray[np.int32] = np.empty(0, dtype=np.int32)
        shape = len(templates), len(class_texts)
        self._starts, self._lengths = np.zeros(shape, np.int64), np.zeros(shape, np.int64)

    def lengths(self, classes: Indices, templates: Indices) -> Indices:
        """Count the ids of each class's prompt in its template, (T,), start and end id included."""
        self._tokenize(np.unique(templates))
        return self._lengths[templates, classes]

    def rows(self, classes: Indices, templates: Indices) -> TokenRows:
        """Return the ids of each class's prompt in its template, cut before the end id."""
        lengths = self.lengths(classes, templates)
        return TokenRows(self._ids[runs(self._starts[templates, classes], lengths)], lengths)

    def classes_with_cut_name(self) -> tuple[str, ...]:
        """List the ids of classes of which the context cuts the name in some template."""
        tokenizer = self._tokenizer
        return classes_with_cut_name(
            self._texts, self._templates, tokenizer.token_counts, tokenizer.context_length
        )

    def _tokenize(self, templates: Indices) -> None:
        for template in templates:
            if self._lengths[template].all():  # no text is without ids
                continue
            pattern = self._templates[template]
            prompts = [compose(text, pattern, self._variant) for text in self._texts]
            rows = TokenRows.from_padded(
                values_of(self._tokenizer(prompts)), self._tokenizer.pad_id
            )
            starts = np.cumsum(rows.lengths) - rows.lengths
            self._starts[template] = len(self._ids) + starts
            self._lengths[template] = rows.lengths
            self._ids = np.concatenate([self._ids, rows.ids.astype(np.int32)])
