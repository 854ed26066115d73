"""Learning rates by depth, composed with the rules of the recipes."""

import logging
from typing import Any

import pytest
import timm
import torch
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from timm.optim import param_groups_layer_decay
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from iclip.models.swin.backbone import SwinBackbone
from tests.support.one_rank import one_rank  # noqa: F401
from tests.support.optimizer_settings import settings_by_name

SIZES = dict(embed_dims=8, depths=(2, 2), num_heads=(1, 2))


class Detector(nn.Module):
    """A backbone, a head with a GroupNorm, and queries, as the recipes' models have them."""

    def __init__(self, **backbone: Any) -> None:
        super().__init__()
        settings = dict(arch=SIZES, window_size=4, out_indices=(0, 1)) | backbone
        self.backbone = SwinBackbone(**settings)
        self.head = nn.Sequential(nn.Conv2d(16, 4, 1), nn.GroupNorm(2, 4))
        self.query_embed = nn.Embedding(3, 4)


def config(**paramwise: Any) -> dict[str, Any]:
    return dict(
        type="OptimWrapper",
        optimizer=dict(type="AdamW", lr=1e-3, weight_decay=0.1),
        constructor="iclip.LayerDecay",
        paramwise_cfg=paramwise,
    )


def test_rates_are_those_of_timm():
    theirs = timm.models.SwinTransformer(
        img_size=32, patch_size=4, window_size=4, embed_dim=8, depths=(2, 2), num_heads=(1, 2)
    )
    names = {parameter: name for name, parameter in theirs.named_parameters()}
    expected = {
        names[parameter]: pytest.approx(1e-3 * group["lr_scale"])
        for group in param_groups_layer_decay(theirs, layer_decay=0.7)
        for parameter in group["params"]
    }
    model = nn.Module()
    model.backbone = SwinBackbone(SIZES, window_size=4)
    rates = {
        name.removeprefix("backbone."): rate
        for name, (rate, _) in settings_by_name(model, config(layer_decay=0.7)).items()
    }
    assert rates == {name: rate for name, rate in expected.items() if "head" not in name}
    assert expected["head.fc.weight"] == 1e-3  # the rate of what lies outside of the backbone


def test_parameters_outside_of_the_backbone_keep_their_rates():
    settings = settings_by_name(Detector(), config(layer_decay=0.5))
    assert settings["head.0.weight"][0] == settings["query_embed.weight"][0] == 1e-3
    assert settings["backbone.norm0.weight"][0] == 1e-3
    assert settings["backbone.norm1.weight"][0] == 0.5e-3


RULES = {
    "segmentation": dict(
        norm_decay_mult=0.0,
        custom_keys={
            "relative_position_bias_table": dict(decay_mult=0.0),
            "query_embed": dict(decay_mult=0.0),
        },
    ),
    "detection": dict(
        custom_keys={
            "norm": dict(decay_mult=0.0),
            "relative_position_bias_table": dict(decay_mult=0.0),
            "backbone": dict(lr_mult=0.1),
        }
    ),
    "video": dict(
        rules="SwinOptimWrapperConstructor",
        relative_position_bias_table=dict(decay_mult=0.0),
        norm=dict(decay_mult=0.0),
        backbone=dict(lr_mult=0.1),
    ),
    "pre-training": dict(rules="iclip.DecayMatricesOnly", lr_mult={"backbone": 0.5}),
    "none": {},
}


@pytest.mark.parametrize("task", RULES)
def test_rules_of_the_recipe_hold(task: str):
    import iclip.openmmlab  # noqa: F401, I001  (before mmaction, whose constructor is one)
    import mmaction.engine  # noqa: F401

    model, rules = Detector(), dict(RULES[task])
    plain = config(**{name: rule for name, rule in rules.items() if name != "rules"})
    plain["constructor"] = rules.get("rules", "DefaultOptimWrapperConstructor")
    with DefaultScope.overwrite_default_scope("mmaction"):
        expected = settings_by_name(model, plain)
        assert settings_by_name(model, config(**rules)) == expected
        scaled = settings_by_name(model, config(**rules, layer_decay=0.5))
    layers = {f"backbone.{name}": k for name, k in model.backbone.layers_to_heads().items()}
    assert scaled == {
        name: (pytest.approx(rate * 0.5 ** layers.get(name, 0)), decay)
        for name, (rate, decay) in expected.items()
    }


def groups(model: nn.Module, cfg: dict[str, Any]) -> list[dict[str, Any]]:
    return build_optim_wrapper(model, cfg).optimizer.param_groups


def test_equal_parameters_share_a_group_and_the_heads_come_first():
    assert len(groups(Detector(), config(**RULES["segmentation"]))) == 2
    # Stem, four blocks, and the heads, with and without weight decay.
    found = groups(Detector(), config(**RULES["segmentation"], layer_decay=0.5))
    assert len(found) == 12
    rates = [group["lr"] for group in found]
    assert rates == sorted(rates, reverse=True) and rates[0] == 1e-3


def test_groups_are_the_same_at_each_start():
    sizes = [
        [[parameter.shape for parameter in group["params"]] for group in groups(Detector(), cfg)]
        for cfg in [config(**RULES["detection"], layer_decay=0.9)] * 2
    ]
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("rules", [{}, RULES["detection"], RULES["pre-training"]])
def test_frozen_parameters_are_in_no_group(rules: dict[str, Any]):
    model = Detector(frozen_stages=1)
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    assert set(settings_by_name(model, config(**rules, layer_decay=0.9))) == trained
    assert "backbone.layers.0.blocks.0.norm1.weight" not in trained


@pytest.mark.usefixtures("one_rank")
def test_wrapped_model_is_unwrapped():
    model = Detector()
    wrapped = DistributedDataParallel(model)
    expected = settings_by_name(model, config(layer_decay=0.5))
    actual = settings_by_name(wrapped, config(layer_decay=0.5))
    assert actual == {f"module.{name}": value for name, value in expected.items()}


def test_log_shows_groups_and_not_parameters(caplog: pytest.LogCaptureFixture):
    from mmengine.logging import MMLogger

    logger = MMLogger.get_current_instance()
    filters = [*logger.filters]
    logger.addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.INFO, logger=logger.name):
            groups(Detector(frozen_stages=0), config(**RULES["detection"]))
    finally:
        logger.removeHandler(caplog.handler)
    (message,) = caplog.messages
    assert "frozen" in message.splitlines()[-1] and "4 tensors" in message.splitlines()[-1]
    assert logger.filters == filters


def test_settings_of_the_wrapper_and_of_the_optimizer_arrive():
    cfg = config(**RULES["detection"], layer_decay=0.5) | dict(
        clip_grad=dict(max_norm=1.0), accumulative_counts=4
    )
    cfg["optimizer"].update(betas=(0.8, 0.9), eps=1e-6)
    wrapper = build_optim_wrapper(Detector(), cfg)
    assert wrapper.clip_grad_kwargs == dict(max_norm=1.0)
    assert wrapper._accumulative_counts == 4
    assert {(group["betas"], group["eps"]) for group in wrapper.optimizer.param_groups} == {
        ((0.8, 0.9), 1e-6)
    }
    # The rate that the log shows as base_lr, which schedulers change along.
    assert wrapper.base_param_settings["lr"] == 1e-3


def test_first_step_moves_each_layer_by_its_rate():
    """Adam's first step is the rate times the gradient's sign."""
    model = Detector()
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    cfg = config(layer_decay=0.5)
    cfg["optimizer"]["weight_decay"] = 0.0
    wrapper = build_optim_wrapper(model, cfg)
    # Slope 1 for every weight.
    wrapper.update_params(torch.stack([p.sum() for p in model.parameters()]).sum())
    layers = {f"backbone.{name}": k for name, k in model.backbone.layers_to_heads().items()}
    for name, parameter in model.named_parameters():
        step = torch.full_like(parameter, 1e-3 * 0.5 ** layers.get(name, 0))
        torch.testing.assert_close(before[name] - parameter, step, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("value", [0, -0.5, 1.5, True, "0.75", None, float("nan")])
def test_factor_out_of_range_is_refused(value: Any):
    message = rf"paramwise_cfg\.layer_decay={value!r}: take a factor per layer above 0 and up to 1"
    with pytest.raises(ValueError, match=message):
        groups(Detector(), config(layer_decay=value))


def test_backbone_without_layers_is_named():
    model = nn.Module()
    model.backbone = nn.Conv2d(3, 3, 1)
    with pytest.raises(ValueError, match=r"layer_decay=0\.5: Conv2d does not say in which layer"):
        groups(model, config(layer_decay=0.5))
