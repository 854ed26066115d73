"""Compiled towers compute and learn what plain ones do, in few graphs without a break."""

import copy
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch._dynamo.utils import counters

from iclip.engine.compiled_towers import (
    compile_options,
    compile_problems,
    compile_towers,
    has_towers,
)
from iclip.models.text_towers.roberta import RobertaTextEncoder
from iclip.models.trial_step import small_iclip

END_OF_TEXT = 49407
# With and without gradients. Texts as long as the context would be two more.
GRAPHS_OF_IMAGES, GRAPHS_OF_TEXTS = 2, 2


@pytest.fixture(autouse=True)
def _fresh_compiler() -> Iterator[None]:
    settings = torch._dynamo.config.recompile_limit, torch._inductor.config.fallback_random
    torch._dynamo.reset()
    counters.clear()
    yield
    torch._dynamo.reset()
    torch._dynamo.config.recompile_limit, torch._inductor.config.fallback_random = settings


def model(with_cp: bool = False) -> nn.Module:
    """A small iCLIP in training mode, whose images skip branches."""
    torch.manual_seed(0)
    model = small_iclip().train()
    for stage in model.backbone.layers:
        stage.with_cp = with_cp
        stage.blocks[1].drop_path2.drop_prob = 0.5
    return model


def texts(count: int, length: int) -> Tensor:
    token_ids = torch.randint(1, 400, (count, length))
    token_ids[:, -1] = END_OF_TEXT
    return token_ids


def pair_of(towers: nn.Module) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Encode images and texts with the random draws of seed 3."""

    def encode(images: Tensor, token_ids: Tensor) -> tuple[Tensor, Tensor]:
        torch.manual_seed(3)
        return towers.backbone.forward_pooled(images), towers.text_encoder(token_ids)

    return encode


def assert_equal(compiled: nn.Module, plain: nn.Module, *inputs: Tensor) -> None:
    """Compare values and gradients of both towers."""
    outputs = []
    for towers in (compiled, plain):
        towers.zero_grad()
        features = pair_of(towers)(*inputs)
        # Not of squares: behind a norm, their sum hardly depends on anything.
        weighted = [(part * torch.linspace(-1, 2, part.shape[1])).sum() for part in features]
        torch.stack(weighted).sum().backward()
        outputs.append(features)
    torch.testing.assert_close(outputs[0], outputs[1])
    for (name, own), other in zip(compiled.named_parameters(), plain.parameters(), strict=True):
        assert (own.grad is None) == (other.grad is None)
        if other.grad is None:  # a part of neither tower
            continue
        scale = other.grad.abs().max()
        assert (own.grad - other.grad).abs().max() <= 1e-5 * scale + 1e-7, name


def test_few_graphs_serve_texts_of_any_number_and_length():
    plain = model(with_cp=True)
    compiled = copy.deepcopy(plain)
    compile_towers(compiled, dict(backend="aot_eager"))
    images = torch.rand(3, 3, 32, 32)
    for count, length in ((4, 8), (7, 11), (5, 12), (3, 20), (0, 8)):
        inputs = images, texts(count, length)
        assert_equal(compiled, plain, *inputs)
        with torch.no_grad():
            without = pair_of(compiled)(*inputs)
        # A first pass without gradients has the draws and the values of the second one.
        torch.testing.assert_close(without, pair_of(compiled)(*inputs))
    assert counters["stats"]["unique_graphs"] <= GRAPHS_OF_IMAGES + GRAPHS_OF_TEXTS
    assert not counters["graph_break"]
    assert compiled.state_dict().keys() == plain.state_dict().keys()


def test_few_graphs_serve_roberta():
    plain = model()
    plain.text_encoder = RobertaTextEncoder(
        dropout=0.1, vocab_size=500, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=34,
    )  # fmt: skip
    compiled = copy.deepcopy(plain)
    compile_towers(compiled, dict(backend="aot_eager"))
    for count, length in ((4, 8), (7, 11), (3, 20)):
        token_ids = torch.randint(2, 500, (count, length))
        token_ids[0, length // 2 :] = plain.text_encoder.pad_id
        found = []
        for tower in (compiled.text_encoder, plain.text_encoder):
            torch.manual_seed(3)
            features = tower(token_ids)
            weighted = (features * torch.linspace(-1, 2, 16)).sum()
            found.append((features, *torch.autograd.grad(weighted, [*tower.parameters()])))
        torch.testing.assert_close(*found)
    assert counters["stats"]["unique_graphs"] == 1
    assert not counters["graph_break"]


def test_validation_runs_as_it_is():
    compiled = model()
    compile_towers(compiled, dict(backend="aot_eager"))
    pair_of(compiled.eval())(torch.rand(2, 3, 32, 32), texts(2, 8))
    assert counters["stats"]["unique_graphs"] == 0


@pytest.mark.skipif(shutil.which("g++") is None, reason="inductor needs a C++ compiler on a CPU")
def test_inductor_s_kernels_compute_the_same():
    plain = model()
    # The shifted block alone: compiling takes most of the time.
    plain.backbone.layers[0].blocks = plain.backbone.layers[0].blocks[1:]
    compiled = copy.deepcopy(plain)
    compile_towers(compiled, True)
    assert_equal(compiled, plain, torch.rand(4, 3, 32, 32), texts(3, 8))
    assert counters["stats"]["unique_graphs"] == 2


def test_only_a_method_has_towers():
    assert has_towers(model())
    assert not has_towers(nn.Linear(1, 1))


@pytest.mark.parametrize("setting", [None, False])
def test_nothing_is_compiled_unasked(setting: Any):
    towers = model()
    before = {**vars(towers.backbone)}
    compile_towers(towers, setting)
    assert vars(towers.backbone) == before
    assert compile_options(setting) is None


def test_options_are_torch_s():
    assert compile_options(dict(mode="max-autotune", fullgraph=False)) == dict(
        mode="max-autotune", fullgraph=False
    )


@pytest.mark.parametrize("setting", ["yes", 1, ["inductor"]])
def test_other_setting_is_refused(setting: Any):
    with pytest.raises(ValueError, match=r"compile is .*; it takes True, False, or arguments of"):
        compile_options(setting)
    (problem,) = compile_problems(dict(compile=setting), "cpu")
    assert problem.startswith("Setting: compile is ")


@pytest.mark.parametrize(("device", "variable"), [("cpu", "CXX"), ("cuda", "CC")])
def test_machine_without_a_compiler_is_told(
    device: str, variable: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.delenv(variable, raising=False)
    (problem,) = compile_problems(dict(compile=True), device)
    assert problem.startswith("Compiler: compile=True builds kernels with a ")
    assert f"name it in {variable}, or set compile=False" in problem
    assert compile_problems(dict(compile=dict(backend="aot_eager")), device) == []
    assert compile_problems({}, device) == []


def test_compiler_that_the_user_names_counts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CXX", "/absent/g++-99")
    (problem,) = compile_problems(dict(compile=True), "cpu")
    assert "there is none of /absent/g++-99 on PATH" in problem


def test_step_of_a_compiled_model_is_the_plain_one_s():
    plain = model()
    compiled = copy.deepcopy(plain)
    compile_towers(compiled, dict(backend="aot_eager"))
    batch = dict(
        inputs=torch.rand(5, 3, 32, 32), gt_labels=torch.tensor([0, 1]), token_ids=texts(3, 8)
    )
    found = []
    for towers in (compiled, plain):
        torch.manual_seed(3)
        losses = towers(**batch, mode="loss")
        sum(losses.values()).backward()
        found.append((losses, [parameter.grad for parameter in towers.parameters()]))
    torch.testing.assert_close(*found)
    # One for the images, and one each for class texts and captions, or one for both.
    assert counters["stats"]["unique_graphs"] <= 3
