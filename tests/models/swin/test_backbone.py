"""The backbone at every size of an image, its outputs, and what of it is trained."""

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from mmengine.config import ConfigDict
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from iclip.models.swin.backbone import SwinBackbone
from iclip.registry import MODELS
from tests.models.swin.plain_swin import norm, stage_maps
from tests.models.swin.small_swin import SMALL, gradients, images, small_swin
from tests.support.one_rank import one_rank  # noqa: F401
from tests.support.saved_tensors import saved_bytes


@pytest.mark.parametrize(
    ("window", "size"),
    [
        pytest.param(4, (30, 42), id="odd-maps"),
        pytest.param(4, (37, 53), id="odd-images"),
        pytest.param(4, (24, 24), id="shift-lost-in-the-second-stage"),
        pytest.param(4, (5, 41), id="one-row-of-windows"),
        pytest.param(4, (41, 5), id="one-column-of-windows"),
        pytest.param(7, (26, 9), id="smaller-than-the-window-in-one-direction"),
        pytest.param(7, (7, 11), id="smaller-than-the-window"),
        pytest.param(7, (2, 2), id="one-patch"),
        pytest.param(7, (33, 29), id="window-of-odd-side"),
        pytest.param(1, (6, 10), id="window-of-one-token"),
    ],
)
def test_equals_plain_loops(window: int, size: tuple[int, int]) -> None:
    model = small_swin(window_size=window, out_indices=(0, 1, 2)).double()
    x = images(2, 3, *size, dtype=torch.float64)
    weights = {name: p.detach().requires_grad_() for name, p in model.named_parameters()}
    expected: list[Tensor] = []
    for i, maps in enumerate(
        zip(*(stage_maps(weights, image, 2, window, (1, 2, 4)) for image in x), strict=True)
    ):
        expected.append(norm(weights, f"norm{i}", torch.stack(maps)).permute(0, 3, 1, 2))
    actual = model(x)
    torch.testing.assert_close(list(actual), expected, rtol=1e-9, atol=1e-9)

    weighting = [images(*output.shape, dtype=torch.float64) for output in expected]
    sum((a * w).sum() for a, w in zip(actual, weighting, strict=True)).backward()
    sum((e * w).sum() for e, w in zip(expected, weighting, strict=True)).backward()
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, weights[name].grad, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("stem", ["patch", "conv"])
@pytest.mark.parametrize("size", [(64, 48), (33, 47), (3, 65)])
def test_maps_have_the_image_size_over_the_stride_rounded_up(
    stem: str, size: tuple[int, int]
) -> None:
    maps = small_swin(stem=stem, out_indices=(0, 1, 2))(images(2, 3, *size))
    strides = (2, 4, 8)
    assert [m.shape for m in maps] == [
        (2, 8 << i, -(-size[0] // stride), -(-size[1] // stride))
        for i, stride in enumerate(strides)
    ]
    assert all(m.is_contiguous() for m in maps)


def test_images_do_not_see_each_other() -> None:
    model, x = small_swin(), images(3, 3, 38, 30)
    alone = torch.cat([model.forward_pooled(image[None]) for image in x])
    torch.testing.assert_close(model.forward_pooled(x), alone, rtol=1e-5, atol=1e-5)


def test_without_out_indices_the_last_map_is_the_output() -> None:
    model, x = small_swin(), images(2, 3, 40, 40)
    (last,) = model(x)
    assert model.num_features == last.shape[1] == 32
    torch.testing.assert_close(last.mean((2, 3)), model.forward_pooled(x))


def test_chosen_maps_have_norms_of_their_own_and_no_stage_is_idle() -> None:
    model = small_swin(out_indices=(1, 0))
    assert [n for n, _ in model.named_children()] == ["patch_embed", "layers", "norm0", "norm1"]
    outputs = model(images(1, 3, 32, 32))
    assert [m.shape[1] for m in outputs] == [8, 16]
    sum(m.sum() for m in outputs).backward()
    assert all(p.grad is not None for p in model.parameters())


def test_frozen_stages_get_no_gradient_and_stay_in_evaluation_mode() -> None:
    model = small_swin(frozen_stages=1, stem="conv", out_indices=(0, 1, 2)).train()
    before = copy.deepcopy(model.state_dict())
    sum(m.sum() for m in model(images(2, 3, 32, 32))).backward()
    frozen = ("patch_embed.", "layers.0.", "norm0.", "layers.1.downsample.")
    for name, parameter in model.named_parameters():
        assert (parameter.grad is None) == name.startswith(frozen), name
    modules = {name for name, module in model.named_modules() if name and not module.training}
    assert modules == {name for name, _ in model.named_modules() if f"{name}.".startswith(frozen)}
    torch.testing.assert_close(model.state_dict(), before, rtol=0, atol=0)


@pytest.mark.parametrize(("frozen_stages", "trained"), [(-1, 1.0), (0, 1.0), (3, 0.0)])
def test_all_or_nothing_can_be_frozen(frozen_stages: int, trained: float) -> None:
    model = small_swin(frozen_stages=frozen_stages)
    behind_the_stem = [p.requires_grad for n, p in model.named_parameters() if "patch" not in n]
    stem = [p.requires_grad for p in model.patch_embed.parameters()]
    assert all(stem) == (frozen_stages == -1)
    assert sum(behind_the_stem) == trained * len(behind_the_stem)


@pytest.mark.parametrize("frozen_stages", [0, 1, 2, 3])
@pytest.mark.parametrize("with_cp", [False, True, "cheap"])
def test_what_is_frozen_keeps_nothing_for_the_backward_pass(
    frozen_stages: int, with_cp: bool | str
) -> None:
    """As much is kept as if the frozen part ran without gradients."""
    settings = dict(out_indices=(2,), frozen_stages=frozen_stages, stem="conv", with_cp=with_cp)
    model, x = small_swin(**settings).train(), images(2, 3, 32, 32)

    def run_in_two_parts() -> Tensor:
        with torch.no_grad():
            tokens = model.patch_embed(x)
            for stage in model.layers[:frozen_stages]:
                tokens = stage(tokens)
        for stage in model.layers[frozen_stages:]:
            tokens = stage(tokens)
        return model.norm2(tokens)

    kept = saved_bytes(lambda: model(x))
    assert kept == saved_bytes(run_in_two_parts)
    assert (kept == 0) == (frozen_stages == 3)


def test_freezing_leaves_the_other_gradients_as_they_are() -> None:
    x = images(2, 3, 32, 32)
    whole, frozen = small_swin(), small_swin(frozen_stages=2)
    expected, actual = (gradients(m, m.forward_pooled(x)) for m in (whole, frozen))
    assert actual == {name: pytest.approx(expected[name]) for name in actual}
    assert {name.split(".")[0] for name in actual} == {"layers", "norm"}
    assert all(name.startswith(("layers.2.blocks.", "norm.")) for name in actual)


def test_frozen_weights_come_from_the_checkpoint(tmp_path: Path) -> None:
    file = small_swin(window_size=4)
    torch.save({"state_dict": file.state_dict()}, tmp_path / "swin.pth")
    model = SwinBackbone(
        SMALL, patch_size=2, window_size=4, frozen_stages=3, checkpoint=str(tmp_path / "swin.pth")
    )
    model.init_weights()
    assert not any(p.requires_grad for p in model.parameters())
    torch.testing.assert_close(model.state_dict(), file.state_dict(), rtol=0, atol=0)


@pytest.mark.usefixtures("one_rank")
@pytest.mark.parametrize("frozen_stages", [0, 2])
def test_frozen_stages_need_no_search_for_unused_parameters(frozen_stages: int) -> None:
    """DistributedDataParallel fails in the second step if one gets no gradient."""
    model = small_swin(frozen_stages=frozen_stages, stem="conv", drop_path_rate=0.5)
    parallel = DistributedDataParallel(model).train()
    for _ in range(3):
        parallel(images(2, 3, 32, 32))[0].sum().backward()
    assert all((p.grad is not None) == p.requires_grad for p in model.parameters())


def test_drop_path_grows_linearly_over_the_blocks() -> None:
    model = SwinBackbone(SMALL, drop_path_rate=0.5)
    blocks = [block for stage in model.layers for block in stage.blocks]
    rates = [(block.drop_path1.drop_prob, block.drop_path2.drop_prob) for block in blocks]
    assert rates == [pytest.approx((rate, rate)) for rate in (0, 0.1, 0.2, 0.3, 0.4, 0.5)]


@pytest.mark.parametrize("stem", ["patch", "conv"])
def test_bfloat16_autocast_is_close(stem: str) -> None:
    model, x = small_swin(stem=stem), images(4, 3, 38, 30)
    expected = model.forward_pooled(x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        actual = model.forward_pooled(x)
    assert F.cosine_similarity(actual.float(), expected).min() > 0.999
    both = [gradients(model, output.float()) for output in (actual, expected)]
    flat = [torch.cat([g.flatten() for g in grads.values()]) for grads in both]
    assert F.cosine_similarity(*flat, dim=0) > 0.99


def test_bfloat16_weights_are_close() -> None:
    model, x = small_swin(), images(4, 3, 38, 30)
    expected = model.forward_pooled(x)
    actual = model.bfloat16().forward_pooled(x.bfloat16())
    assert actual.dtype == torch.bfloat16
    assert F.cosine_similarity(actual.float(), expected).min() > 0.999


# The trace inlines the cached functions; they are pure, so nothing is lost.
@pytest.mark.filterwarnings("ignore:Dynamo detected a call to a `functools.lru_cache`")
def test_compiles_to_one_graph_per_size() -> None:
    model = small_swin(arch=dict(embed_dims=8, depths=(2, 2), num_heads=(1, 2)))
    compiled = torch.compile(model, backend="eager", fullgraph=True, dynamic=False)
    for size in ((32, 32), (37, 9)):
        x = images(1, 3, *size)
        torch.testing.assert_close(compiled(x), model(x))


def test_builds_from_a_config() -> None:
    config = ConfigDict(type="SwinBackbone", arch=SMALL, patch_size=4, window_size=4, stem="conv")
    assert isinstance(MODELS.build(config), SwinBackbone)
    assert config.arch == SMALL


def test_images_smaller_than_a_patch_are_refused() -> None:
    with pytest.raises(ValueError, match=r"images of 3 x 40 pixels .*\(patch_size=4\)"):
        small_swin(patch_size=4).forward_pooled(images(1, 3, 3, 40))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(out_indices=(0, 3)), r"out_indices=\(0, 3\): name stages between 0 and 2"),
        (dict(out_indices=(1, 1)), r"out_indices=\(1, 1\): .* each once"),
        (dict(out_indices=()), r"out_indices=\(\): .* or give None"),
        (dict(frozen_stages=4), r"frozen_stages=4: the network has 3 stages; give -1"),
        (dict(frozen_stages=-2), r"frozen_stages=-2: the network has 3 stages"),
    ],
)
def test_stages_that_do_not_exist_are_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SwinBackbone(arch=SMALL, **settings)
