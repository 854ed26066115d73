"""open_clip's tokenizers count ids as their own encoding does."""

import open_clip
import pytest
import torch

from iclip.text.tokenizer import CLIPTokenizer
from iclip.zeroshot.open_clip_tokenizer import OpenClipTokenizer

TEXTS = ["", "crane", "a photo of a black-and-gold garden spider!", "tench " * 30, "lemon " * 200]


@pytest.fixture
def tokenizer() -> OpenClipTokenizer:
    return OpenClipTokenizer(open_clip.get_tokenizer("ViT-B-32"))


def test_ids_are_open_clips(tokenizer: OpenClipTokenizer):
    assert torch.equal(tokenizer(TEXTS), open_clip.tokenize(TEXTS))
    assert (tokenizer.context_length, tokenizer.pad_id) == (77, 0)


def test_ids_are_counted_up_to_twice_the_context(tokenizer: OpenClipTokenizer):
    expected = [min(count, 154) for count in CLIPTokenizer().token_counts(TEXTS)]
    assert expected[-1] == 154
    assert tokenizer.token_counts(TEXTS) == expected
