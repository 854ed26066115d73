"""Texts in chunks equal one call with all of them padded, in bounded memory."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from iclip.models import RobertaTextEncoder, TextTransformer
from iclip.models.text_towers.chunked_encoding import TextChunks, encode_in_chunks
from iclip.text.class_prompts import ClassPrompts
from iclip.text.sources.wordnet import WordNet
from iclip.text.text_chunks import share_by_cost
from iclip.text.token_rows import TokenRows
from iclip.text.tokenizer import CLIPTokenizer
from tests.support.imagenet22k import imagenet22k_class_texts

CPU, META = torch.device("cpu"), torch.device("meta")
TRANSFORMER_ENDS, ROBERTA_ENDS = (49406, 49407), (0, 2)


def transformer(dtype: torch.dtype, **settings: int) -> TextTransformer:
    torch.manual_seed(0)
    sizes = dict(context_length=40, width=16, heads=2, layers=2)
    vocabulary = [*range(3, 90), *TRANSFORMER_ENDS]
    return TextTransformer(**(sizes | settings), vocabulary=vocabulary, token_std=1.0).to(dtype)


def roberta(dtype: torch.dtype, **settings: float) -> RobertaTextEncoder:
    torch.manual_seed(0)
    return RobertaTextEncoder(
        vocab_size=90,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        **settings,
    ).to(dtype)


def texts_of(count: int, tower: nn.Module) -> TokenRows:
    """Texts of 3 to 38 ids in no order, with the tower's padding id within one of them."""
    drawn = np.random.default_rng(5)
    start, end = ROBERTA_ENDS if isinstance(tower, RobertaTextEncoder) else TRANSFORMER_ENDS
    rows = [[start, *drawn.integers(3, 90, drawn.integers(1, 36)), end] for _ in range(count)]
    rows[0] = [start, 7, tower.pad_id, 8, end]
    return TokenRows(np.concatenate(rows), np.array(list(map(len, rows))))


def encode(tower: nn.Module, texts: TokenRows, **chunks: int) -> Tensor:
    return encode_in_chunks(tower, tower, texts, TextChunks(**chunks), CPU)


def plain(tower: nn.Module, texts: TokenRows) -> Tensor:
    return tower(torch.from_numpy(texts.padded(tower.pad_id)))


def gradients(tower: nn.Module, embeds: Tensor) -> dict[str, Tensor]:
    weights = torch.linspace(-1, 1, embeds.numel(), dtype=embeds.dtype).view_as(embeds)
    tower.zero_grad()
    (embeds * weights).sum().backward()
    return {name: p.grad.clone() for name, p in tower.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("kept", [0, 150, 10**6])
@pytest.mark.parametrize("width_multiple", [1, 4])
@pytest.mark.parametrize("build", [transformer, roberta])
def test_values_and_gradients_equal_one_padded_call(
    build: Callable[..., nn.Module], width_multiple: int, kept: int
):
    tower = build(torch.float64)
    texts = texts_of(30, tower)
    expected = plain(tower, texts)
    found = encode(tower, texts, tokens=100, kept_tokens=kept, width_multiple=width_multiple)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    expected, found = gradients(tower, expected), gradients(tower, found)
    assert found.keys() == expected.keys()
    for name in expected:
        scale = float(expected[name].abs().max())
        torch.testing.assert_close(found[name], expected[name], rtol=0, atol=1e-9 * max(scale, 1))


@pytest.mark.parametrize("build", [transformer, roberta])
def test_float32_is_equal_to_rounding(build: Callable[..., nn.Module]):
    tower = build(torch.float32)
    texts = texts_of(30, tower)
    expected, found = plain(tower, texts), encode(tower, texts, tokens=100, kept_tokens=150)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    expected, found = gradients(tower, expected), gradients(tower, found)
    # Rounding is of the size of the sums that cancel out in some of the gradients.
    scale = max(float(gradient.abs().max()) for gradient in expected.values())
    for name in expected:
        torch.testing.assert_close(found[name], expected[name], rtol=0, atol=1e-5 * scale)


@pytest.mark.parametrize("build", [transformer, roberta])
def test_what_fits_one_chunk_is_encoded_as_it_is_to_the_last_bit(build: Callable[..., nn.Module]):
    tower = build(torch.float32)
    texts = texts_of(9, tower)
    expected, found = plain(tower, texts), encode(tower, texts)
    assert torch.equal(found, expected)
    expected, found = gradients(tower, expected), gradients(tower, found)
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_computing_again_repeats_the_dropout():
    tower = roberta(torch.float64, dropout=0.3).train()
    texts = texts_of(30, tower)
    results = []
    for kept in (0, 10**6):
        torch.manual_seed(4)
        embeds = encode(tower, texts, tokens=100, kept_tokens=kept)
        results.append((embeds.detach(), gradients(tower, embeds)))
    (found, again), (expected, kept_gradients) = results
    assert torch.equal(found, expected)
    for name, gradient in kept_gradients.items():
        torch.testing.assert_close(again[name], gradient, rtol=0, atol=1e-12)


@pytest.mark.parametrize("build", [transformer, roberta])
def test_no_texts_give_no_rows_that_hang_on_every_weight(build: Callable[..., nn.Module]):
    tower = build(torch.float64)
    embeds = encode(tower, TokenRows.from_padded(np.zeros((0, 0), dtype=np.int64), 0))
    assert embeds.shape == (0, 16)
    found = gradients(tower, embeds)
    assert found.keys() == gradients(tower, plain(tower, texts_of(2, tower))).keys()
    assert not any(gradient.any() for gradient in found.values())


class LiveBytes(TorchDispatchMode):
    """The most bytes that tensors made under this mode held at once."""

    def __init__(self) -> None:
        super().__init__()
        self.live: dict[StorageWeakRef, int] = {}
        self.peak = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(out):
            if isinstance(tensor, Tensor):
                storage = tensor.untyped_storage()
                self.live[StorageWeakRef(storage)] = storage.nbytes()
        if sum(self.live.values()) > self.peak:
            self.live = {key: size for key, size in self.live.items() if not key.expired()}
            self.peak = max(self.peak, sum(self.live.values()))
        return out


def peak_bytes(build: Callable[[], nn.Module], texts: int, **chunks: int) -> int:
    """Peak of a forward and a backward pass under bfloat16, in fake tensors, gradients included."""
    with FakeTensorMode(allow_non_fake_inputs=True):
        tower = build()
        rows = texts_of(texts, tower)
        with LiveBytes() as live:
            with torch.autocast("cpu", torch.bfloat16):
                embeds = encode_in_chunks(tower, tower, rows, TextChunks(**chunks), CPU)
            embeds.float().sum().backward()
    return live.peak


def test_memory_does_not_grow_with_the_number_of_texts():
    def build() -> TextTransformer:
        vocabulary = [*range(3, 90), *TRANSFORMER_ENDS]
        return TextTransformer(
            context_length=40, width=64, heads=4, layers=2, vocabulary=vocabulary
        )

    few, many = (peak_bytes(build, count, tokens=256, kept_tokens=256) for count in (160, 320))
    # Only the outputs and the ids grow: 64 * 4 bytes and at most 40 * 8 of each text.
    assert many - few < 160 * (3 * 64 * 4 + 2 * 40 * 8)
    everything = peak_bytes(build, 320, tokens=256, kept_tokens=10**6)
    assert everything > 4 * many


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("tokens", 0, "model.text_chunks.tokens is 0; it takes a whole number from 1"),
        ("kept_tokens", -1, "model.text_chunks.kept_tokens is -1; .* from 0"),
        ("width_multiple", 2.5, "model.text_chunks.width_multiple is 2.5; .* from 1"),
    ],
)
def test_unusable_settings_are_refused(setting: str, value: float, told: str):
    with pytest.raises(ValueError, match=told):
        TextChunks(**{setting: value})


def flops(encode: Callable[[], object]) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        encode()
    return counter.get_total_flops()


# The default, and that of the largest config.
@pytest.mark.parametrize("tokens", [TextChunks().tokens, 16_384])
def test_real_class_texts_cost_little_more_than_their_tokens(real_wordnet: WordNet, tokens: int):
    prompts = ClassPrompts(imagenet22k_class_texts(real_wordnet), CLIPTokenizer())
    lengths, chunks = prompts.lengths_at(iteration=0), TextChunks(tokens)
    with META:
        tower = TextTransformer(width=512, heads=8, layers=1)
    # Each length without any padding.
    alone = [
        torch.zeros(texts, width, dtype=torch.int64, device=META)
        for width, texts in zip(*np.unique(lengths, return_counts=True), strict=True)
    ]
    real = sum(flops(lambda ids=ids: tower(ids)) for ids in alone)
    for ranks, slowest in ((8, 1.15), (64, 1.20)):
        costs = [
            flops(
                lambda own=own: encode_in_chunks(
                    tower, tower, prompts.rows_at(own, 0), chunks, META
                )
            )
            for own in share_by_cost(lengths, ranks, chunks.tokens)
        ]
        relative = np.array(costs) * ranks / real
        assert relative.mean() <= 1.08
        assert relative.max() <= slowest
