"""Prompts of a tokenizer that joins nothing are tokenized whole, a template at a time."""

import numpy as np
import torch
from open_clip.tokenizer import SimpleTokenizer

from iclip.text.prompts import compose
from iclip.text.whole_prompts import WholePrompts
from iclip.zeroshot.open_clip_tokenizer import OpenClipTokenizer
from tests.text import odd_class_texts as odd

TEXTS = odd.odd_class_texts()


class Counting(OpenClipTokenizer):
    """open_clip's tokenizer, counting the texts that it is given."""

    texts = 0

    def __call__(self, texts: list[str]) -> torch.Tensor:
        self.texts += len(texts)
        return super().__call__(texts)


def test_rows_are_the_tokenizers_each_class_in_its_own_template():
    tokenizer = Counting(SimpleTokenizer(context_length=24))
    prompts = WholePrompts(TEXTS, odd.TEMPLATES, "name_description", tokenizer)
    classes, templates = np.array([3, 0, 3, 70]), np.array([4, 1, 1, 4])
    expected = SimpleTokenizer(context_length=24)(
        [
            compose(TEXTS[index], odd.TEMPLATES[template])
            for index, template in zip(classes, templates, strict=True)
        ]
    )
    rows = prompts.rows(classes, templates)
    assert rows.padded(0, 24).tolist() == expected.tolist()
    assert prompts.lengths(classes, templates).tolist() == rows.lengths.tolist()
    assert tokenizer.texts == 2 * len(TEXTS)  # two templates, once


def test_names_that_the_context_cuts_are_listed():
    tokenizer = OpenClipTokenizer(SimpleTokenizer(context_length=8))
    cut = WholePrompts(TEXTS, ("a {}.",), "name", tokenizer).classes_with_cut_name()
    counts = tokenizer.token_counts([compose(text, "a {}.", "name") for text in TEXTS])
    assert cut == tuple(text.id for text, count in zip(TEXTS, counts, strict=True) if count > 8)
    assert cut
