"""MaskFormer's head with classes in words, against plain computations."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config, ConfigDict
from mmengine.hub import get_config
from mmengine.registry import MODELS, DefaultScope
from torch import Tensor
from torch.nn import functional as F

import iclip.openmmlab  # noqa: F401  (before the frameworks)

from iclip.openmmlab.text_maskformer_head import TextMaskFormerHead  # isort: skip
from iclip.checkpoints import load_checkpoint  # isort: skip
from iclip.text.class_texts import ClassText, write_class_texts  # isort: skip
from iclip.words import embed_classes  # isort: skip
from iclip.zeroshot.loading import load_zero_shot_model  # isort: skip
from tests.support.text_classes import random_embeddings  # isort: skip
from tests.support.zero_shot_models import micro  # isort: skip  # noqa: F401

DIM, CHANNELS = 16, [24, 48]
TRAINED, TESTED = ("crane", "tench", "lemon"), ("lemon", "owl", "crane", "fox")


@cache
def config_of_mmseg() -> Config:
    return get_config("mmseg::maskformer/maskformer_r50-d32_8xb2-160k_ade20k-512x512.py")


def head_settings(num_classes: int = len(TRAINED), **changes: Any) -> dict[str, Any]:
    """The head of mmseg's config in a small form."""
    settings: dict[str, Any] = config_of_mmseg().model.decode_head.to_dict()
    attention = dict(embed_dims=32, num_heads=2, attn_drop=0.0, proj_drop=0.0)
    layer = dict(
        self_attn_cfg=dict(attention, batch_first=True),
        cross_attn_cfg=dict(attention, batch_first=True),
        ffn_cfg=dict(embed_dims=32, feedforward_channels=64, ffn_drop=0.0),
    )
    settings |= dict(
        type="iclip.TextMaskFormerHead",
        in_channels=CHANNELS,
        in_index=[0, 1],
        feat_channels=32,
        out_channels=32,
        num_classes=num_classes,
        num_queries=6,
        positional_encoding=dict(num_feats=16, normalize=True),
        transformer_decoder=dict(return_intermediate=True, num_layers=2, layer_cfg=layer),
        classifier=dict(type="iclip.TextClassifier", embed_dim=DIM),
    )
    settings["loss_cls"]["class_weight"] = [1.0] * num_classes + [0.1]
    return settings | changes


def build(**changes: Any) -> TextMaskFormerHead:
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope("mmseg"):
        return MODELS.build(ConfigDict(head_settings(**changes))).eval()


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Class-text tables of the trained and the tested classes."""
    folder = tmp_path_factory.mktemp("tables")
    for name, words in (("trained", TRAINED), ("tested", TESTED)):
        # The micro model's token table knows "photo" and "red": texts of other lengths differ.
        texts = [ClassText(word, (word,), "red " * len(word)) for word in words]
        write_class_texts(folder / f"{name}.jsonl", texts)
    return {name: str(folder / f"{name}.jsonl") for name in ("trained", "tested")}


@pytest.fixture(scope="module")
def head(micro: Path, tables: dict[str, str]) -> TextMaskFormerHead:  # noqa: F811
    """A head whose tested classes are not the trained ones, and that asks the pre-trained map."""
    made = build(
        classifier=dict(
            type="iclip.TextClassifier",
            embed_dim=DIM,
            class_texts=tables["trained"],
            checkpoint=str(micro),
        ),
        tested_classes=dict(num_classes=len(TESTED), class_texts=tables["tested"]),
        pooled_weights=dict(seen=0.25, new=0.75),
    )
    made.init_weights()
    return made


def maps() -> tuple[Tensor, Tensor]:
    chance = torch.Generator().manual_seed(1)
    return (
        torch.randn(2, 24, 16, 24, generator=chance),
        torch.randn(2, 48, 8, 12, generator=chance),
    )


METAS = [dict(img_shape=(64, 96), batch_input_shape=(64, 96)) for _ in range(2)]


def decoded(head: TextMaskFormerHead) -> tuple[Tensor, Tensor]:
    """Features of the last layer's queries (B, Q, C), and masks."""
    found = []
    hook = head.cls_embed.register_forward_pre_hook(lambda _, inputs: found.append(inputs[0]))
    from mmseg.structures import SegDataSample

    with torch.no_grad():
        _, masks = head(maps(), [SegDataSample(metainfo=meta) for meta in METAS])
    hook.remove()
    return found[0][-1], masks[-1]


def of_masks(probabilities: Tensor, masks: Tensor) -> Tensor:
    """MaskFormer's scores of each pixel (arXiv:2107.06278, section 3.4)."""
    fine = F.interpolate(masks, (64, 96), mode="bilinear", align_corners=False).sigmoid()
    return torch.stack([(p[:, :, None, None] * m[:, None]).sum(0) for p, m in
                        zip(probabilities, fine, strict=True)])  # fmt: skip


def test_logits_are_cosines_of_the_queries_and_the_classes():
    head = build()
    head.set_classes(random_embeddings(TRAINED, DIM))
    head.tested_embeds = None
    head.cls_embed.set_classes(random_embeddings(TRAINED, DIM))
    features, masks = decoded(head)
    layer = head.cls_embed
    assert layer.background is not None
    rows = torch.cat([layer.class_embeds, layer.background.detach()[None]])
    projected = features @ layer.projection.weight.detach().T
    cosines = F.cosine_similarity(projected[:, :, None], rows[None, None], dim=-1)
    logits = layer.logit_scale.exp() * cosines
    with torch.no_grad():
        found = head.predict(maps(), METAS, None)
    expected = of_masks(logits.softmax(-1)[..., :-1], masks)
    torch.testing.assert_close(found, expected.detach())


def test_weights_of_files_survive_the_initialization(
    head: TextMaskFormerHead,
    micro: Path,  # noqa: F811
    tables: dict[str, str],
):
    model = load_zero_shot_model(str(micro))
    from iclip.text.class_texts import read_class_texts

    for name, found in (
        ("trained", head.cls_embed.class_embeds),
        ("trained", head.pooled_classifier.class_embeds),
        ("tested", head.tested_embeds),
    ):
        expected = embed_classes(model, read_class_texts(tables[name])).embeds
        torch.testing.assert_close(found, expected)
    weights = load_checkpoint(str(micro))["state_dict"]
    pooled = head.pooled_classifier
    assert torch.equal(pooled.projection.weight, weights["image_projection.weight"])
    assert pooled.logit_scale == weights["logit_scale"]
    assert not any(p.requires_grad for p in pooled.parameters())
    assert all(p.requires_grad for p in head.cls_embed.parameters())


def test_pre_trained_map_joins_by_a_geometric_mean(head: TextMaskFormerHead):
    features, masks = decoded(head)
    embeds = head.tested_embeds
    assert embeds is not None and head.cls_embed.background is not None
    rows = torch.cat([embeds, head.cls_embed.background.detach()[None]])
    scale = float(head.cls_embed.logit_scale.exp())
    pooled_scale = float(head.pooled_classifier.logit_scale.exp())
    projection = head.pooled_classifier.projection.weight.detach()
    last = maps()[1]
    small = F.interpolate(masks, last.shape[-2:], mode="bilinear", align_corners=False).sigmoid()
    probabilities = torch.zeros(2, 6, len(TESTED))
    for b in range(2):
        for q in range(6):
            own = head.cls_embed.projection.weight.detach() @ features[b, q]
            logits = scale * F.cosine_similarity(rows, own[None])
            nothing = logits.softmax(0)[-1]
            mean = (small[b, q] * last[b]).sum((1, 2)) / small[b, q].sum()
            image = pooled_scale * F.cosine_similarity(embeds, (projection @ mean)[None])
            first, second = logits[:-1].softmax(0), image.softmax(0)
            # "lemon" and "crane" were trained, "owl" and "fox" were not.
            a = torch.tensor([0.25, 0.75, 0.25, 0.75])
            joined = first ** (1 - a) * second**a
            probabilities[b, q] = joined / joined.sum() * (1 - nothing)
    with torch.no_grad():
        found = head.predict(maps(), METAS, None)
    assert found.shape == (2, len(TESTED), 64, 96)
    torch.testing.assert_close(found, of_masks(probabilities, masks), atol=1e-5, rtol=1e-4)
    assert len(head.cls_embed.class_embeds) == len(TRAINED)  # as before the prediction


def test_large_maps_are_summed_in_half_precision(head: TextMaskFormerHead):
    """The sum over a mask is larger than float16 holds."""
    first, last = maps()
    large = (first, 1e4 + 10 * last)
    with torch.no_grad():
        expected = head.predict(large, METAS, None)
        with torch.autocast("cpu", torch.float16):
            found = head.predict(large, METAS, None)
    torch.testing.assert_close(found.float(), expected, atol=0.05, rtol=0.1)


def test_loss_is_over_the_trained_classes(head: TextMaskFormerHead):
    from mmengine.structures import PixelData
    from mmseg.structures import SegDataSample

    samples = []
    for meta in METAS:
        sample = SegDataSample(metainfo=dict(meta))
        labels = torch.full((1, 64, 96), 255)
        labels[:, :20], labels[:, 40:] = 0, 2
        sample.gt_sem_seg = PixelData(data=labels)
        samples.append(sample)
    linear = torch.nn.Linear(32, len(TRAINED) + 1)
    # The first layer of a linear head that gives the same logits has the same losses.
    losses = head.loss(maps(), samples, None)
    kept = head.cls_embed
    try:
        del head.cls_embed
        head.cls_embed = linear
        linear.forward = kept.forward  # type: ignore[method-assign]
        expected = super(TextMaskFormerHead, head).loss(maps(), samples, None)
    finally:
        head.cls_embed = kept
    assert losses.keys() == expected.keys()
    for name, value in losses.items():
        torch.testing.assert_close(value, expected[name])
    sum(losses.values()).backward()
    learnt = {name for name, p in head.named_parameters() if p.grad is not None and p.grad.any()}
    assert {
        "cls_embed.projection.weight",
        "cls_embed.logit_scale",
        "cls_embed.background",
    } <= learnt
    assert not any(name.startswith("pooled_classifier") for name in learnt)


def test_other_words_are_other_predictions(head: TextMaskFormerHead):
    before = head.tested_embeds
    other = random_embeddings([str(i) for i in range(7)], DIM)
    with pytest.raises(ValueError, match="are of another joint space than the classifier's"):
        head.set_classes(other)
    same_space = type(other)(other.texts, other.embeds, head.cls_embed.probe)
    try:
        head.set_classes(same_space)
        with torch.no_grad():
            assert head.predict(maps(), METAS, None).shape == (2, 7, 64, 96)
        assert len(head.cls_embed.class_embeds) == len(TRAINED)
    finally:
        head.tested_embeds = before


@pytest.mark.parametrize("weights", [{"seen": 0.4}, {"seen": 0.4, "new": 1.5}, {}])
def test_weights_out_of_their_range_are_refused(weights: dict[str, float]):
    with pytest.raises(ValueError, match=r"model.decode_head.pooled_weights=\{.*give the two exp"):
        build(pooled_weights=weights)
