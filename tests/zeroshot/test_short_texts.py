"""Texts without padding have the embeddings of full width, or the tower is left alone."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from open_clip.hf_model import HFTextEncoder
from torch import Tensor, nn
from transformers import BertConfig, RobertaConfig

from iclip.text.token_rows import TokenRows
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.short_texts import encoder_of_short_texts
from tests.support.zero_shot_models import TINY

CONTEXT, PAD, END = 24, 0, 99
TEXT = {"context_length": CONTEXT, "vocab_size": 100, "width": 32, "heads": 2, "layers": 2}
# Pads with 1; the position embeddings begin behind it.
HF: dict[str, Any] = dict(
    vocab_size=100, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
    intermediate_size=64, max_position_embeddings=40,
)  # fmt: skip


def texts(pad_id: int = PAD, lengths: tuple[int, ...] = (9, 3, 1, 14)) -> TokenRows:
    """Random ids that end in the largest one."""
    random = np.random.default_rng(0)
    ids = [np.append(random.integers(2, END, length - 1), END) for length in lengths]
    return TokenRows(np.concatenate(ids), np.array(lengths))


def clip(custom: bool = False, **text: Any) -> nn.Module:
    """An open_clip model with other text settings."""
    torch.manual_seed(0)
    kind: Any = open_clip.CustomTextCLIP if custom else open_clip.CLIP
    model = kind(TINY["embed_dim"], TINY["vision_cfg"], {**TEXT, **text})
    tower = model.text if custom else model
    with torch.no_grad():  # positions that matter
        tower.positional_embedding.normal_()
    return model.eval().requires_grad_(False)


def with_hf(config: Any, pooler: str = "mean_pooler", **changes: Any) -> nn.Module:
    """A model whose text tower is one of transformers'."""
    torch.manual_seed(0)
    model = open_clip.CustomTextCLIP(TINY["embed_dim"], TINY["vision_cfg"], TEXT)  # type: ignore[arg-type]
    model.text = HFTextEncoder("", 16, config, pooler, "linear", pretrained=False, **changes)
    return model.eval().requires_grad_(False)


def differences(network: nn.Module, pad_id: int = PAD) -> Tensor:
    """Of the embeddings of texts in their own width and in full width: (T,), relative."""
    rows = texts(pad_id)
    encode = encoder_of_short_texts(network, pad_id)
    assert encode is not None
    short = encode(torch.from_numpy(rows.padded(pad_id)))
    full = network.encode_text(torch.from_numpy(rows.padded(pad_id, CONTEXT)))  # type: ignore[operator]
    return (short - full).abs().amax(dim=1) / full.abs().amax(dim=1)


@pytest.mark.parametrize("custom", [False, True])
@pytest.mark.parametrize("text", [{}, {"pool_type": "eos", "eos_id": END}, {"pool_type": "first"}])
def test_causal_towers_that_pool_within_the_text_take_short_texts(
    custom: bool, text: dict[str, Any]
):
    assert differences(clip(custom, **text)).max() < 1e-6


def test_projection_with_a_bias_takes_short_texts():
    assert differences(clip(proj_bias=True)).max() < 1e-6


@pytest.mark.parametrize(
    ("config", "pooler"),
    [
        (RobertaConfig(**HF), "mean_pooler"),
        (RobertaConfig(**HF), "cls_pooler"),
        (RobertaConfig(**HF), "cls_last_hidden_state_pooler"),
        (BertConfig(**HF, pad_token_id=1), "mean_pooler"),
    ],
    ids=lambda value: getattr(value, "model_type", value),
)
def test_masked_towers_of_transformers_take_short_texts(config: Any, pooler: str):
    network = with_hf(config, pooler)
    assert differences(network, 1).max() < 1e-6
    # Whose padding is another id reads it.
    assert encoder_of_short_texts(network, PAD) is None


LEFT_ALONE: dict[str, Callable[[], Any]] = {
    "CoCa's class token": lambda: clip(True, embed_cls=True),
    "SigLIP: the row's last token": lambda: clip(True, pool_type="last", no_causal_mask=True),
    "last token of a causal tower": lambda: clip(pool_type="last"),
    "CLIPA: no mask": lambda: clip(True, no_causal_mask=True),
    "CoCa itself": lambda: open_clip.CoCa(
        16,
        {"layers": 1, "width": 32, "heads": 2, "context_length": CONTEXT},
        TEXT | {"embed_cls": True, "output_tokens": True},
        TINY["vision_cfg"],
    ).eval(),
}


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_towers_that_may_read_the_padding_are_left_alone(name: str):
    network = LEFT_ALONE[name]()
    assert encoder_of_short_texts(network, PAD) is None
    full = torch.from_numpy(texts().padded(PAD, CONTEXT))
    assert network.encode_text(full).shape == (4, 16)


def test_other_networks_are_left_alone():
    assert encoder_of_short_texts(nn.Linear(2, 2), PAD) is None
    # Its largest value is that of the padding.
    assert encoder_of_short_texts(with_hf(RobertaConfig(**HF), "max_pooler"), 1) is None


def test_model_keeps_its_tensors():
    network = clip()
    before = {name: tensor.data_ptr() for name, tensor in network.state_dict().items()}
    differences(network)
    assert {n: t.data_ptr() for n, t in network.state_dict().items()} == before
    assert network.positional_embedding.shape == (CONTEXT, 32)
    assert network.attn_mask.shape == (CONTEXT, CONTEXT)


def test_embedder_cuts_each_batch_to_its_longest_text(
    tiny: ImageTextEmbedder, monkeypatch: pytest.MonkeyPatch
):
    widths: list[int] = []
    plain = tiny.network.encode_text

    def encode_text(ids: Tensor) -> Tensor:
        widths.append(ids.shape[1])
        return plain(ids)  # type: ignore[operator]

    names = ["cat", "a tabby cat in the tall grass", "dog"] * 100
    monkeypatch.setattr(tiny.network, "encode_text", encode_text)
    embeds = tiny.encode_texts(names)
    # Start, words, end.
    assert widths == [9, 3]
    alone = torch.cat([tiny.encode_texts([name]) for name in names[:3]])
    torch.testing.assert_close(embeds[:3], alone, rtol=0, atol=1e-6)
    ids = tiny.tokenizer(names[:3])  # type: ignore[misc]
    full = torch.nn.functional.normalize(plain(ids), dim=-1)  # type: ignore[operator]
    torch.testing.assert_close(embeds[:3], full, rtol=0, atol=1e-6)
    # In half the precision, too, to its rounding.
    half = replace(tiny, precision="bf16").encode_texts(names[:3])
    torch.testing.assert_close(half, full, rtol=0, atol=2e-2)
