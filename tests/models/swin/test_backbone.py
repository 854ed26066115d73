import copy
from typing import Any

import pytest
import timm
import torch
import torch.nn.functional as F
from mmengine.config import ConfigDict
from timm.layers import Mlp
from timm.models.swin_transformer import SwinTransformer
from torch import Tensor, nn

from iclip.models.swin import layers as swin_layers
from iclip.models.swin.backbone import SwinBackbone
from iclip.models.swin.layers import apply_in_chunks
from iclip.models.swin.windows import border_kinds, border_masks
from iclip.registry import MODELS
from tests.models.swin_reference import norm, stage_maps

SMALL = dict(embed_dims=8, depths=(2, 2, 2), num_heads=(1, 2, 4))


def small_swin(**settings: Any) -> SwinBackbone:
    settings = dict(arch=SMALL, patch_size=2, window_size=4, drop_path_rate=0.0) | settings
    torch.manual_seed(0)
    model = SwinBackbone(**settings)
    make_weights_count(model)
    return model.eval()


def small_timm(size: tuple[int, int], **settings: Any) -> SwinTransformer:
    return SwinTransformer(
        size,
        patch_size=2,
        embed_dim=8,
        depths=(2, 2, 2),
        num_heads=(1, 2, 4),
        window_size=4,
        num_classes=0,
        drop_path_rate=0.0,
        **settings,
    ).eval()


def make_weights_count(model: nn.Module) -> None:
    """Weights at which every bias, position and masked pair changes the result."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("table"):
                parameter.normal_()
            elif parameter.ndim > 1:
                parameter.normal_(std=parameter[0].numel() ** -0.5)
            else:
                parameter.add_(torch.randn_like(parameter), alpha=0.3)


def without_head(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value for name, value in weights.items() if not name.startswith("head.")}


def images(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=dtype)


def gradients(model: nn.Module, output: Tensor) -> dict[str, Tensor]:
    """Gradients of a random weighting of the output."""
    model.zero_grad()
    (output * images(*output.shape, dtype=output.dtype)).sum().backward()
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def assert_same_function(ours: SwinBackbone, theirs: SwinTransformer, x: Tensor) -> None:
    expected = theirs.forward_head(theirs.forward_features(x), pre_logits=True)
    actual = ours.forward_pooled(x)
    torch.testing.assert_close(actual, expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(
        gradients(ours, actual), gradients(theirs, expected), rtol=1e-4, atol=1e-4
    )


# ---- timm's classification model


def test_swin_t_at_224_equals_timm() -> None:
    theirs = timm.create_model("swin_tiny_patch4_window7_224", drop_path_rate=0.0).eval()
    make_weights_count(theirs)
    ours = SwinBackbone("tiny").eval()
    ours.load_state_dict(without_head(theirs.state_dict()))
    assert_same_function(ours, theirs, images(1, 3, 224, 224))


@pytest.mark.parametrize("size", [(32, 32), (64, 64), (32, 64), (96, 32)])
def test_equals_timm_built_for_the_size_where_nothing_is_padded(size: tuple[int, int]) -> None:
    ours, theirs = small_swin(), small_timm(size)
    theirs.load_state_dict(ours.state_dict())
    assert_same_function(ours, theirs, images(2, 3, *size))


def test_maps_equal_timm_before_the_output_norms() -> None:
    ours, theirs = small_swin(out_indices=(0, 1, 2)), small_timm((64, 64))
    theirs.load_state_dict(ours.state_dict(), strict=False)
    x = images(2, 3, 64, 64)
    maps = theirs.forward_intermediates(x, intermediates_only=True)
    for i, (actual, raw) in enumerate(zip(ours(x), maps, strict=True)):
        output_norm = ours.get_submodule(f"norm{i}")
        expected = output_norm(raw.movedim(1, -1)).movedim(-1, 1)
        torch.testing.assert_close(actual, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("arch", ["tiny", "small", "base", "large"])
def test_parameters_are_timms(arch: str) -> None:
    with torch.device("meta"):
        ours = SwinBackbone(arch).state_dict()
        theirs = timm.create_model(f"swin_{arch}_patch4_window7_224").state_dict()
    theirs = without_head(theirs)
    assert {name: p.shape for name, p in ours.items()} == {n: p.shape for n, p in theirs.items()}


# ---- the original's rules at every size


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


# ---- outputs


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


# ---- the convolutional stem


@pytest.mark.parametrize("patch_size", [1, 2, 4, 8, 16])
def test_conv_stem_moves_by_one_token_a_patch(patch_size: int) -> None:
    stem = small_swin(stem="conv", patch_size=patch_size).patch_embed
    x = images(1, 3, 16 * patch_size, 16 * patch_size)
    moved = stem(x.roll(patch_size, dims=3))
    border = 5  # what four 3 x 3 convolutions can carry inwards
    torch.testing.assert_close(
        moved[:, :, border + 1 : -border],
        stem(x)[:, :, border : -border - 1],
        rtol=1e-4,
        atol=1e-5,
    )


# ---- training


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
def test_frozen_stages_extremes(frozen_stages: int, trained: float) -> None:
    model = small_swin(frozen_stages=frozen_stages)
    behind_the_stem = [p.requires_grad for n, p in model.named_parameters() if "patch" not in n]
    stem = [p.requires_grad for p in model.patch_embed.parameters()]
    assert all(stem) == (frozen_stages == -1)
    assert sum(behind_the_stem) == trained * len(behind_the_stem)


def test_checkpointing_keeps_less_and_gives_the_same() -> None:
    x, results, kept = images(4, 3, 37, 53), [], []
    for with_cp in (False, True):
        model = small_swin(with_cp=with_cp, drop_path_rate=0.5).train()
        saved: list[int] = []
        torch.manual_seed(7)
        with torch.autograd.graph.saved_tensors_hooks(
            lambda tensor, saved=saved: saved.append(tensor.numel()) or tensor,
            lambda tensor: tensor,
        ):
            output = model.forward_pooled(x)
        kept.append(sum(saved))
        results.append((output, gradients(model, output)))
    torch.testing.assert_close(*results, rtol=0, atol=0)
    assert kept[1] < 0.3 * kept[0]


def test_drop_path_grows_linearly_over_the_blocks() -> None:
    model = SwinBackbone(SMALL, drop_path_rate=0.5)
    blocks = [block for stage in model.layers for block in stage.blocks]
    rates = [(block.drop_path1.drop_prob, block.drop_path2.drop_prob) for block in blocks]
    assert rates == [pytest.approx((rate, rate)) for rate in (0, 0.1, 0.2, 0.3, 0.4, 0.5)]


def test_initial_weights_are_those_of_timm() -> None:
    model = SwinBackbone(dict(embed_dims=96, depths=(2,), num_heads=(3,)))
    for name, p in model.layers.named_parameters():
        if p.ndim > 1:
            assert p.std().item() == pytest.approx(0.02, rel=0.15), name
            assert abs(p.mean().item()) < 0.002, name
        else:
            assert (p == (1.0 if "norm" in name and name.endswith("weight") else 0.0)).all(), name


# ---- precision, speed and compilation


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


def test_masks_are_built_once_a_size() -> None:
    model = small_swin()
    border_masks.cache_clear()
    border_kinds.cache_clear()
    with torch.no_grad():
        model(images(1, 3, 37, 53))
        built = border_masks.cache_info().misses, border_kinds.cache_info().misses
        # Shifted maps are 19 x 27, 10 x 14 and 5 x 7 tokens: one kind of mask, three grids.
        assert built == (1, 3)
        model(images(2, 3, 37, 53))
        assert (border_masks.cache_info().misses, border_kinds.cache_info().misses) == built
        model(images(1, 3, 64, 64))
        assert border_masks.cache_info().misses == 1
    assert border_kinds.cache_info().maxsize is not None


def test_masks_made_for_inference_serve_training() -> None:
    border_masks.cache_clear()
    border_kinds.cache_clear()
    model, x = small_swin(), images(1, 3, 38, 38)
    with torch.inference_mode():
        expected = model.forward_pooled(x)
    actual = model.forward_pooled(x)
    actual.sum().backward()
    torch.testing.assert_close(actual, expected)


def test_mlp_in_pieces_equals_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swin_layers, "MAX_HEAP_BLOCK_BYTES", 1000)
    mlp, x = Mlp(8, 32), images(2, 5, 7, 8)
    expected, actual = mlp(x), apply_in_chunks(mlp, x)
    torch.testing.assert_close(actual, expected)
    torch.testing.assert_close(gradients(mlp, actual), gradients(mlp, expected))


# Traced once a size, the cached functions are inlined; they are pure, so nothing is lost.
@pytest.mark.filterwarnings("ignore:Dynamo detected a call to a `functools.lru_cache`")
def test_compiles_to_one_graph_a_size() -> None:
    model = small_swin(arch=dict(embed_dims=8, depths=(2, 2), num_heads=(1, 2)))
    compiled = torch.compile(model, backend="eager", fullgraph=True, dynamic=False)
    for size in ((32, 32), (37, 9)):
        x = images(1, 3, *size)
        torch.testing.assert_close(compiled(x), model(x))


# ---- configs and their errors


def test_builds_from_a_config() -> None:
    config = ConfigDict(type="SwinBackbone", arch=SMALL, patch_size=4, window_size=4, stem="conv")
    assert isinstance(MODELS.build(config), SwinBackbone)
    assert config.arch == SMALL


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(arch="huge"), r"arch='huge' is unknown; take one of 'tiny', 'small', 'base'"),
        (dict(arch=dict(embed_dims=8)), r"arch has the keys 'embed_dims'; it takes"),
        (
            dict(arch=SMALL | dict(depths=(2, 2))),
            r"depths=\(2, 2\) and num_heads=\(1, 2, 4\); give one number for each stage",
        ),
        (
            dict(arch=SMALL | dict(num_heads=(1, 3, 4))),
            r"the 16 channels of stage 1 do not divide into 3 heads",
        ),
        (dict(out_indices=(0, 3)), r"out_indices=\(0, 3\): name stages between 0 and 2"),
        (dict(out_indices=(1, 1)), r"out_indices=\(1, 1\): .* each once"),
        (dict(out_indices=()), r"out_indices=\(\): .* or give None"),
        (dict(frozen_stages=4), r"frozen_stages=4: the network has 3 stages; give -1"),
        (dict(frozen_stages=-2), r"frozen_stages=-2: the network has 3 stages"),
        (dict(stem="linear"), r"stem='linear' is unknown; take 'patch' or 'conv'"),
        (dict(stem="conv", patch_size=3), r"patch_size=3 with stem='conv': .* 1, 2, 4, 8 or 16"),
        (dict(stem="conv", patch_size=32), r"patch_size=32 with stem='conv'"),
    ],
)
def test_wrong_settings_are_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SwinBackbone(**dict(arch=SMALL) | settings)


def test_images_smaller_than_a_patch_are_refused() -> None:
    with pytest.raises(ValueError, match=r"images of 3 x 40 pixels .*\(patch_size=4\)"):
        small_swin(patch_size=4).forward_pooled(images(1, 3, 3, 40))
