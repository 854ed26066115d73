"""The token ids of all prompts of a class-text table, put together from parts.

A table of 21,841 classes has 1.7 million prompts in 80 templates. Their ids are those of far fewer
parts: the templates' words, the names and the descriptions. Parts are cut at blanks, where
tokenizers cut as well, so the ids are those of the whole prompt; where a tokenizer says that this
does not hold, the prompt is tokenized whole.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from iclip.text.class_texts import ClassTexts
from iclip.text.prompts import bare_description, compose, prompt_parts
from iclip.text.token_rows import TokenRows, runs
from iclip.text.tokenizer_protocol import JoiningTokenizer

Indices = npt.NDArray[np.int64]
# Places of the pieces in a prompt.
_HEAD, _NAME, _TAIL, _DESCRIPTION, _END = range(5)
_EMPTY = 0  # number of the piece without ids


class JoinedPrompts:
    """Token ids of N classes in P templates.

    Args:
        class_texts: The classes.
        templates: The templates.
        variant: Which parts of a class text to use, see :func:`~iclip.text.prompts.compose`.
        tokenizer: The tokenizer.
    """

    def __init__(
        self,
        class_texts: ClassTexts,
        templates: Sequence[str],
        variant: str,
        tokenizer: JoiningTokenizer,
    ) -> None:
        self._texts, self._templates, self._variant = class_texts, templates, variant
        self._tokenizer = tokenizer
        self._pieces: list[Sequence[int]] = [()]
        # The number of the piece at each place of each prompt. P, N, places
        self._numbers = np.full((len(templates), len(class_texts), 5), _EMPTY, dtype=np.int32)
        self._whole = np.zeros((len(templates), len(class_texts)), dtype=bool)  # P, N
        self._fill()
        self._lengths = np.array(list(map(len, self._pieces)), dtype=np.int32)
        self._starts = np.cumsum(self._lengths, dtype=np.int32) - self._lengths
        self._ids = np.concatenate([np.asarray(ids, dtype=np.int32) for ids in self._pieces])
        del self._pieces
        # The ids that each prompt needs before any cut. P, N
        self._needed = np.empty(self._whole.shape, dtype=np.int32)
        for needed, numbers in zip(self._needed, self._numbers, strict=True):
            needed[:] = self._lengths[numbers].sum(axis=1)

    def lengths(self, classes: Indices, templates: Indices) -> Indices:
        """Count the ids of each class's prompt in its template, (T,), start and end id included."""
        needed = self._needed[templates, classes]
        return np.minimum(needed, self._tokenizer.context_length, dtype=np.int64)

    def rows(self, classes: Indices, templates: Indices) -> TokenRows:
        """Return the ids of each class's prompt in its template, cut before the end id."""
        numbers = self._numbers[templates, classes]  # T, places
        lengths = self._lengths[numbers]
        totals = self.lengths(classes, templates)
        # The others fit. The last place is the end id's.
        full = np.flatnonzero(totals == self._tokenizer.context_length)
        ends = lengths[full, :_END].cumsum(axis=1)
        ends = np.minimum(ends, self._tokenizer.context_length - 1)
        lengths[full, :_END] = np.diff(ends, axis=1, prepend=0)
        return TokenRows(self._ids[runs(self._starts[numbers].ravel(), lengths.ravel())], totals)

    def classes_with_cut_name(self) -> tuple[str, ...]:
        """List the ids of classes of which the context cuts the name in some template."""
        tokenizer = self._tokenizer
        upto_name = self._lengths[self._numbers[:, :, : _NAME + 1]].sum(axis=2)  # P, N
        cut = upto_name > tokenizer.context_length - 1
        # Of whole prompts, the place of the name holds all of it.
        for template, index in np.argwhere(cut & self._whole).tolist():
            name = compose(self._texts[index], self._templates[template], "name")
            cut[template, index] = tokenizer.token_counts([name])[0] > tokenizer.context_length
        return tuple(self._texts[index].id for index in np.flatnonzero(cut.any(axis=0)))

    def _fill(self) -> None:
        """Tokenize all pieces, and note which of them each prompt consists of."""
        described = list(map(bare_description, self._texts))
        has_description = np.array([self._variant != "name" and bool(text) for text in described])
        joins = np.array(
            [
                self._tokenizer.joins(f"{text.names[0]} {description}")
                for text, description in zip(self._texts, described, strict=True)
            ]
        )
        self._whole |= ~joins
        self._whole |= ~np.array([[self._tokenizer.joins(text)] for text in self._templates])
        self._numbers[:, :, _END] = self._add([[self._tokenizer.eos_id]])
        for variant, reads in ((self._variant, has_description), ("name", ~has_description)):
            classes = np.flatnonzero(reads & joins)
            if not len(classes):
                continue
            names = _Filled(self, [self._texts[index].names[0] for index in classes])
            descriptions = _Filled(self, [described[index] for index in classes])
            for numbers, template in zip(self._numbers, self._templates, strict=True):
                parts = prompt_parts(template, variant)
                numbers[classes, _HEAD] = self._add_head(parts.head)
                numbers[classes, _NAME] = names.numbers(parts.name, begins=not parts.head)
                numbers[classes, _TAIL] = self._add_parts([parts.tail], begins=False)
                begins = not parts.head + parts.name
                numbers[classes, _DESCRIPTION] = descriptions.numbers(parts.description, begins)
        for template in np.flatnonzero(self._whole.any(axis=1)).tolist():
            self._fill_whole(template, np.flatnonzero(self._whole[template]))

    def _fill_whole(self, template: int, classes: Indices) -> None:
        """Tokenize prompts of one template whole; their ids take the place of the name."""
        pattern = self._templates[template]
        prompts = [compose(self._texts[index], pattern, self._variant) for index in classes]
        numbers = self._numbers[template]
        numbers[classes, :_END] = _EMPTY
        numbers[classes, _HEAD] = self._add_head("")
        numbers[classes, _NAME] = self._add_parts(prompts, begins=True)

    def _add_head(self, head: str) -> Indices:
        (ids,) = self._tokenizer.ids_of_parts([head], begins=True)
        return self._add([[self._tokenizer.bos_id, *ids]])

    def _add_parts(self, parts: Sequence[str], begins: bool) -> Indices:
        return self._add(self._tokenizer.ids_of_parts(parts, begins))

    def _add(self, pieces: Sequence[Sequence[int]]) -> Indices:
        """Add pieces, and return their numbers."""
        first = len(self._pieces)
        self._pieces += pieces
        return np.arange(first, len(self._pieces))


class _Filled:
    """The pieces of several texts, in each pattern that occurs among the templates."""

    def __init__(self, prompts: JoinedPrompts, texts: Sequence[str]) -> None:
        self._prompts, self._texts = prompts, texts
        self._numbers: dict[tuple[str, bool], Indices] = {}

    def numbers(self, pattern: str, begins: bool) -> Indices | int:
        if not pattern:
            return _EMPTY
        if (pattern, begins) not in self._numbers:
            parts = [pattern.replace("{}", text) for text in self._texts]
            self._numbers[pattern, begins] = self._prompts._add_parts(parts, begins)
        return self._numbers[pattern, begins]
