"""A class's embedding is the average over its prompts, against a loop."""

import math
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from iclip.evaluation.text_embedder import TextEmbedder
from iclip.text.class_prompts import ClassPrompts
from iclip.text.class_texts import ClassText, ClassTexts
from iclip.text.token_rows import TokenRows
from iclip.text.tokenizer import CLIPTokenizer

TEXTS = ClassTexts([ClassText(f"n{i}", (name,)) for i, name in enumerate(("crane", "tench"))])
TOKENIZER = CLIPTokenizer(16)
TEMPLATES = ("a photo of a {}.", "art of the {}.", "the {}")


class KnownTexts(TextEmbedder):
    """Embeds each text as unit row that follows from its ids; the text ``faulty`` as NaN."""

    def __init__(self, faulty: str = "-") -> None:
        self.faulty = self.ids(faulty)

    def ids(self, text: str) -> list[int]:
        return TOKENIZER([text])[0].tolist()

    def row(self, ids: Sequence[int]) -> list[float]:
        values = [math.sin(i + sum(ids)) for i in range(4)]
        length = math.sqrt(sum(value * value for value in values))
        return [math.nan if ids == self.faulty else value / length for value in values]

    def encode_rows(self, texts: TokenRows) -> Tensor:
        return torch.tensor([self.row(ids) for ids in texts.padded(0, 16).tolist()])


def prompts(**settings: object) -> ClassPrompts:
    return ClassPrompts(TEXTS, TOKENIZER, **{"templates": TEMPLATES, **settings})


def test_average_over_the_templates_is_the_loops_of_unit_length() -> None:
    embedder = KnownTexts()
    found = embedder.class_embeds(prompts())
    for row, text in zip(found.tolist(), TEXTS, strict=True):
        filled = [template.replace("{}", text.names[0]) for template in TEMPLATES]
        rows = [embedder.row(embedder.ids(prompt)) for prompt in filled]
        mean = [sum(column) / len(TEMPLATES) for column in zip(*rows, strict=True)]
        length = math.sqrt(sum(value * value for value in mean))
        assert row == pytest.approx([value / length for value in mean], abs=1e-6)


def test_class_whose_embedding_is_not_finite_in_one_template_is_named() -> None:
    with pytest.raises(ValueError, match=r"1 of 2 text embeddings of the classes .*: n1 \(tench\)"):
        KnownTexts(faulty="art of the tench.").class_embeds(prompts())


def test_no_template_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"templates=\[\] is empty: give one template at least"):
        KnownTexts().class_embeds(prompts(templates=()))
