"""Weight decay applies to the weights of layers, in two parameter groups."""

from typing import Any

import open_clip
import pytest
import timm
import torch
from mmengine.optim import build_optim_wrapper
from torch import Tensor, nn

from iclip.engine.optim_wrapper_constructor import DecayMatricesOnly, has_weight_decay
from tests.support.optimizer_settings import settings_by_name


class Towers(nn.Module):
    """The real layers in small: timm's Swin, open_clip's Transformer, a projection, a scale."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = timm.models.SwinTransformer(
            img_size=32, patch_size=4, window_size=4, embed_dim=12, depths=(1, 1), num_heads=(1, 2)
        )
        self.text_encoder = open_clip.transformer.TextTransformer(
            context_length=8, vocab_size=20, width=16, heads=2, layers=1
        )
        self.roberta = nn.Module()
        self.roberta.position_embeddings = nn.Embedding(4, 4)
        self.roberta.word_embeddings = nn.Embedding(4, 4)
        self.logit_scale = nn.Parameter(torch.zeros(()))
        self.frozen = nn.Linear(3, 3).requires_grad_(False)


def wrapper_config(**changes: Any) -> dict[str, Any]:
    return dict(
        type="OptimWrapper",
        optimizer=dict(type="AdamW", lr=1e-3, weight_decay=0.1),
        constructor="iclip.DecayMatricesOnly",
        **changes,
    )


def settings_of(model: nn.Module, **changes: Any) -> dict[str, tuple[float, float]]:
    return settings_by_name(model, wrapper_config(**changes))


def test_every_trained_parameter_is_in_one_of_two_groups():
    model = Towers()
    settings = settings_of(model)
    assert set(settings) == {n for n, p in model.named_parameters() if p.requires_grad}
    assert set(settings.values()) == {(1e-3, 0.1), (1e-3, 0.0)}
    assert len(build_optim_wrapper(model, wrapper_config()).optimizer.param_groups) == 2


def test_what_decays_is_the_weights_of_layers():
    """By the type of the layer, which the code under test does not look at."""
    model = Towers()
    attention = open_clip.transformer.ResidualAttentionBlock(8, 2).attn
    expected = set()
    for prefix, module in model.named_modules():
        if isinstance(module, nn.Linear | nn.Conv2d | nn.Embedding):
            expected.add(f"{prefix}.weight")
        if isinstance(module, type(attention)):
            expected.add(f"{prefix}.in_proj_weight")
    expected.add("text_encoder.text_projection")
    expected -= {"roberta.position_embeddings.weight", "frozen.weight"}
    settings = settings_of(model)
    assert {name for name, (_, decay) in settings.items() if decay} == expected


@pytest.mark.parametrize(
    "name",
    [
        "backbone.layers.0.blocks.0.attn.relative_position_bias_table",
        "text_encoder.positional_embedding",
        "text_encoder.transformer.resblocks.0.attn.in_proj_bias",
        "text_encoder.ln_final.weight",
        "roberta.position_embeddings.weight",
        "logit_scale",
    ],
)
def test_named_exceptions_do_not_decay(name: str):
    parameters = dict(Towers().named_parameters())
    assert not has_weight_decay(name, parameters[name])


def test_factors_by_prefix_and_the_longest_wins():
    factors = {"text_encoder": 2.0, "text_encoder.transformer": 3.0, "logit_scale": 0.5}
    settings = settings_of(Towers(), paramwise_cfg=dict(lr_mult=factors))
    rates = {name: rate for name, (rate, _) in settings.items()}
    assert rates["text_encoder.token_embedding.weight"] == pytest.approx(2e-3)
    block = "text_encoder.transformer.resblocks.0.ln_1.weight"
    assert rates[block] == pytest.approx(3e-3)
    assert rates["logit_scale"] == pytest.approx(5e-4)
    assert rates["backbone.patch_embed.proj.weight"] == pytest.approx(1e-3)


def test_more_names_can_be_kept_from_decay():
    settings = settings_of(Towers(), paramwise_cfg=dict(no_decay=["token_embedding"]))
    assert settings["text_encoder.token_embedding.weight"][1] == 0
    assert settings["roberta.word_embeddings.weight"][1] == 0.1


def test_unknown_prefix_lists_the_model_s_parts():
    expected = (
        "lr_mult names 'text', but .*; the model has backbone, logit_scale, roberta, text_enc"
    )
    with pytest.raises(ValueError, match=expected):
        settings_of(Towers(), paramwise_cfg=dict(lr_mult={"text": 2.0}))


def test_unknown_setting_is_refused():
    with pytest.raises(ValueError, match=r"paramwise_cfg has 'norm_decay_mult'; .* 'lr_mult'"):
        DecayMatricesOnly(wrapper_config(), dict(norm_decay_mult=0.0))


def one_step(**optimizer: Any) -> Tensor:
    torch.manual_seed(0)
    model = nn.Linear(5, 3)
    config = wrapper_config()
    config["optimizer"].update(optimizer)
    wrapper = build_optim_wrapper(model, config)
    wrapper.update_params(model(torch.ones(2, 5)).square().sum())
    return torch.cat([model.weight.flatten(), model.bias]).detach()


def test_fused_step_equals_the_plain_one():
    config = wrapper_config()
    assert build_optim_wrapper(nn.Linear(1, 1), config).optimizer.defaults["fused"]
    assert "fused" not in config["optimizer"]
    torch.testing.assert_close(one_step(), one_step(foreach=False))
