"""A step over micro-batches in one process; with several ranks: tests/distributed."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from mmengine.optim import AmpOptimWrapper
from torch import Tensor, nn
from torch.nn import functional as F

from iclip.engine.optim_wrapper import PrecisionOptimWrapper
from iclip.models.methods import ImageMethod
from iclip.models.step import train_step
from iclip.models.step_rows import BatchEmbeds, RowCounts
from iclip.models.trial_step import made_up_images, small_iclip
from iclip.text.tokenizer import CLIPTokenizer
from tests.distributed.tiny_model import METHODS, build, cut_at, cut_unevenly, global_batch
from tests.distributed.tiny_training import (
    TOLERANCE,
    History,
    WatchedOptimizer,
    check_equal,
    gradients_of,
    train_in_parts,
    train_on_whole_batch,
)

Batch = dict[str, Any]


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("number", [2, 4, 8])
@pytest.mark.parametrize("method", METHODS)
def test_training_equals_that_on_the_whole_batch(method: str, number: int, dtype: torch.dtype):
    batch = global_batch(method, 7, 9)
    steps = 20 if (number, dtype) == (4, torch.float64) else 1
    found = train_in_parts(build(method).to(dtype), cut_unevenly(batch, number), steps)
    check_equal(found, train_on_whole_batch(method, batch, steps, dtype), dtype)


def test_one_micro_batch_is_the_models_own_step():
    class Model(nn.Module):
        def train_step(self, *arguments: Any) -> Any:
            return arguments

    assert train_step(Model(), ["batch"], "optimizer") == ("batch", "optimizer")


@pytest.mark.parametrize("method", ["ICLIP", "UniCL", "MultiTask"])
def test_weights_of_the_losses_count(method: str):
    batch = global_batch(method, 7, 9)
    model, expected = build(method), build(method)
    for one in (model, expected):
        one.loss_weight_cls, one.loss_weight_con = 2.0, 0.5
    losses = expected(**batch, mode="loss")
    sum(losses.values()).backward()
    values = {name: loss.item() for name, loss in losses.items()}
    found = train_in_parts(model, cut_unevenly(batch, 2), 1)
    check_equal(found, History([values], gradients_of(expected)))


def test_gradients_are_clipped_once_for_the_step():
    batch, model = global_batch("ICLIP", 7, 9), build("ICLIP")
    plain = train_on_whole_batch("ICLIP", batch, 1).gradients
    norm = torch.stack([gradient.norm() for gradient in plain.values()]).norm()
    optimizer = WatchedOptimizer(model, clip_grad=dict(max_norm=float(norm) / 2))
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    train_step(model, cut_unevenly(batch, 4), optimizer)
    for name, parameter in model.named_parameters():
        expected = before[name] - optimizer.optimizer.defaults["lr"] * plain[name] / 2
        torch.testing.assert_close(parameter, expected, rtol=1e-6, atol=1e-9)
        assert parameter.grad is None


def test_class_texts_are_encoded_once(monkeypatch: pytest.MonkeyPatch):
    model, calls = build("ICLIP"), []
    encode = model.encode_classes
    monkeypatch.setattr(model, "encode_classes", lambda: calls.append(1) or encode())
    train_in_parts(model, cut_unevenly(global_batch("ICLIP", 7, 9), 4), 1)
    assert len(calls) == 1


def test_a_forward_hook_sees_the_losses_of_the_step_before_the_weights_change():
    """So the hook that stops a diverged training works as with one micro-batch."""
    model, seen = build("ICLIP"), []
    batch = global_batch("ICLIP", 7, 9)
    model.register_forward_hook(lambda module, inputs, losses: seen.append(losses))
    found = train_in_parts(model, cut_unevenly(batch, 4), 1)
    assert {name: loss.item() for name, loss in seen[-1].items()} == found.losses[0]
    model.logit_scale.data.fill_(torch.nan)
    train_in_parts(model, cut_unevenly(batch, 4), 1)
    assert all(loss.isnan() for loss in seen[-1].values())


# Random draws


def dropping_tiny(method: str) -> ImageMethod:
    """Build a tiny model with dropout in both towers."""
    model = build(method)
    for module in (model.backbone.layer, getattr(model, "text_encoder", nn.Identity())):
        module.register_forward_hook(lambda module, inputs, output: F.dropout(output, 0.4))
    return model


def one_graph(model: ImageMethod, parts: list[Batch]) -> History:
    """Compute the same step with all graphs at once, drawing where the step draws first."""
    labels = torch.cat([part["gt_labels"] for part in parts])
    rows = RowCounts([len(labels)], [sum(len(part["token_ids"]) for part in parts)])
    class_embeds = model.encode_class_texts([labels], rows)
    contrasted, alone = [], []
    for part in parts:
        first = 0 if model.contrasts_labelled else len(part["gt_labels"])
        count = len(part["gt_labels"]) - first
        captions = part["token_ids"] if rows.pairs[0] else None
        contrasted.append(model.embed(part["inputs"][first:], count, captions))
    for part in parts if len(labels) and not model.contrasts_labelled else ():
        count = len(part["gt_labels"])
        alone.append(model.embed(part["inputs"][:count], count, None).labelled)
    embeds = BatchEmbeds(*map(torch.cat, zip(*contrasted, strict=True)))
    losses = model.batch_losses(embeds, class_embeds, labels, rows)
    if alone:
        losses |= model.sample_losses(torch.cat(alone), class_embeds, labels, rows)
    sum(losses.values()).backward()
    return History([{name: loss.item() for name, loss in losses.items()}], gradients_of(model))


def small_batch() -> Batch:
    images = made_up_images(8)
    captions = ["a fish in a pond", "a cat on a mat", "a dog", "a red car in the snow", "two"]
    return {
        "inputs": images,
        "gt_labels": torch.tensor([0, 1, 1]),
        "token_ids": CLIPTokenizer(32)(captions),
    }


def swin_with_drop_path() -> ImageMethod:
    torch.manual_seed(0)
    model = small_iclip()
    for block in model.backbone.modules():
        if hasattr(block, "drop_prob"):
            block.drop_prob = 0.4
    return model.double()


@pytest.mark.parametrize("method", ["ICLIP", "UniCL", "CLIP", "MultiTask"])
def test_the_second_pass_draws_what_the_first_drew(method: str):
    parts = cut_at(global_batch(method, 7, 9), [0, 3, 3, 7], [0, 4, 7, 9])
    found = drawn(dropping_tiny(method), lambda model: train_in_parts(model, parts, 1))
    expected = drawn(dropping_tiny(method), lambda model: one_graph(model, parts))
    check_equal(found[0], expected[0])
    assert torch.equal(found[1], expected[1])  # the generator's state behind the step


def drawn(model: ImageMethod, step: Callable[[ImageMethod], History]) -> tuple[History, Tensor]:
    torch.manual_seed(5)
    return step(model), torch.get_rng_state()


def test_drop_path_is_repeated():
    model, parts = swin_with_drop_path(), cut_at(small_batch(), [0, 2, 3], [0, 2, 5])
    assert any(getattr(block, "drop_prob", 0) for block in model.backbone.modules())
    found = drawn(model, lambda model: train_in_parts(model, parts, 1))
    model = swin_with_drop_path()
    prepared = [model.data_preprocessor({**p, "inputs": p["inputs"].double()}) for p in parts]
    expected = drawn(model, lambda model: one_graph(model, prepared))
    check_equal(found[0], expected[0])
    other = drawn(swin_with_drop_path().eval(), lambda model: train_in_parts(model, parts, 1))
    assert found[0].losses != other[0].losses


def test_batch_norm_counts_each_image_once():
    """Its running statistics are those of the second pass: of the pairs, then the labelled."""
    model = build("ICLIP")
    model.backbone.layer = nn.Sequential(model.backbone.layer, nn.BatchNorm1d(12)).double()
    parts = cut_at(global_batch("ICLIP", 7, 9), [0, 3, 7], [0, 4, 9])
    expected = copy.deepcopy(model.backbone.layer)
    for part in parts:
        labelled, paired = part["inputs"].split([len(part["gt_labels"]), len(part["token_ids"])])
        for images in (paired, labelled):
            expected(images.flatten(1))
    train_in_parts(model, parts, 1)
    for found, value in zip(model.backbone.layer[1].buffers(), expected[1].buffers(), strict=True):
        torch.testing.assert_close(found, value)


# Precision and memory


def test_autocast_keeps_every_gradient():
    """A pass without a graph must not leave converted weights for the one with a graph."""
    parts = cut_at(small_batch(), [0, 2, 3], [0, 2, 5])
    gradients = []
    for precision in ("bf16", "fp32"):
        torch.manual_seed(0)
        model = small_iclip().eval()
        optimizer = PrecisionOptimWrapper(torch.optim.SGD(model.parameters(), lr=0.0), precision)
        optimizer.zero_grad = lambda: None
        train_step(model, parts, optimizer)
        gradients.append(gradients_of(model))
    for name, gradient in gradients[1].items():
        cosine = F.cosine_similarity(gradients[0][name].flatten(), gradient.flatten(), dim=0)
        assert cosine > 0.95, name


@contextmanager
def saved_bytes() -> Iterator[dict[str, int]]:
    """Count the bytes that autograd keeps, and their peak."""
    count = {"now": 0, "peak": 0}

    class Saved:
        def __init__(self, tensor: Tensor) -> None:
            self.tensor, self.size = tensor, tensor.numel() * tensor.element_size()
            count["now"] += self.size
            count["peak"] = max(count.values())

        def __del__(self) -> None:
            count["now"] -= self.size

    with torch.autograd.graph.saved_tensors_hooks(Saved, lambda saved: saved.tensor):
        yield count


def test_one_micro_batch_is_kept_at_a_time():
    peaks = {}
    for number in (2, 8):
        torch.manual_seed(0)
        model = small_iclip()
        with saved_bytes() as count:
            train_step(model, [small_batch() for _ in range(number)], WatchedOptimizer(model))
        peaks[number] = count["peak"]
    # What grows are the logits of the pairs, 8 x 5 x 8 x 5 numbers at most, and rows.
    assert peaks[8] < 1.02 * peaks[2]


# Errors


def test_a_scaler_of_losses_is_refused():
    optimizer = AmpOptimWrapper.__new__(AmpOptimWrapper)  # its constructor needs a GPU
    with pytest.raises(ValueError, match=r"'AmpOptimWrapper' scales losses.*precision='bf16'"):
        train_step(build("ICLIP"), [{}, {}], optimizer)


def test_further_accumulation_is_refused():
    model = build("ICLIP")
    optimizer = WatchedOptimizer(model, accumulative_counts=3)
    with pytest.raises(ValueError, match=r"accumulative_counts=3 .* over 2 micro-batches.* to 1"):
        train_step(model, [{}, {}], optimizer)


def test_other_models_are_refused():
    model = nn.Linear(2, 2)
    with pytest.raises(ValueError, match=r"model.type='Linear': a step over 2 micro-batches needs"):
        train_step(model, [{}, {}], WatchedOptimizer(model))


def test_a_source_that_the_method_does_not_use_is_refused():
    model = build("CLIP")
    parts = cut_at(global_batch("ICLIP", 2, 4), [0, 0, 2], [0, 2, 4])
    with pytest.raises(ValueError, match=r"CLIP does not use the 2 labelled images"):
        train_in_parts(model, parts, 1)
