from argparse import Namespace
from dataclasses import replace

import torch

from iclip.benchmarks.inputs.text_models import swin_t, titled


def test_two_models_have_the_same_weights_and_no_random_depth():
    args = Namespace(tiny=True, text_layers=None, device="cpu")
    one, other = swin_t(args, 4), swin_t(args, 4)
    for mine, theirs in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    images = torch.randn(2, 3, 56, 56)
    torch.testing.assert_close(one.encode_image(images), one.encode_image(images))
    assert titled(4).startswith("4 class texts of ")


def test_the_text_tower_has_so_many_layers():
    with torch.device("meta"):
        model = swin_t(Namespace(tiny=False, text_layers=2, device="meta"), 4)
    assert len(model.text_encoder.transformer.resblocks) == 2


def test_activations_of_so_many_tokens_are_kept():
    args = Namespace(tiny=True, text_layers=None, device="cpu")
    stated = swin_t(args, 4).text_chunks
    args.kept_tokens = 10_000
    assert swin_t(args, 4).text_chunks == replace(stated, kept_tokens=10_000)
