"""Pooled features of anything with a backbone: each file's are those of the network it is from."""

import json
from collections.abc import Callable
from pathlib import Path

import open_clip
import pytest
import timm
import torch
import transformers
from safetensors.torch import save_file
from torch import Tensor, nn

from iclip.export import export_checkpoint
from iclip.models import SwinBackbone
from iclip.registry import MODELS
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.loading import load_image_model, load_zero_shot_model
from tests.support.zero_shot_models import MICRO

ARCH = dict(embed_dims=24, depths=(1, 1), num_heads=(1, 2))


@pytest.fixture
def images() -> Tensor:
    return torch.rand(2, 3, 56, 56, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def backbone() -> SwinBackbone:
    torch.manual_seed(1)
    return SwinBackbone(ARCH, window_size=7).eval()


@pytest.fixture
def backbone_file(backbone: SwinBackbone, tmp_path: Path) -> Path:
    """A supervised checkpoint: a classifier beside the backbone, no text tower."""
    state = {f"backbone.{name}": tensor for name, tensor in backbone.state_dict().items()}
    state |= {"classifier.weight": torch.rand(9, 48), "classifier.bias": torch.rand(9)}
    model = {"type": "Supervised", "backbone": {"type": "SwinBackbone", "arch": ARCH}}
    meta = {"model": model, "image_size": 56, "image_resize": 64, "samples_seen": 5}
    torch.save({"state_dict": state, "meta": meta}, tmp_path / "supervised.pth")
    return tmp_path / "supervised.pth"


def check(model: ImageTextEmbedder, images: Tensor, expected: Tensor) -> None:
    assert model.features == "pooled"
    torch.testing.assert_close(model.encode_images(images), expected, rtol=0, atol=1e-5)


@torch.no_grad()
def test_supervised_checkpoint(backbone_file: Path, backbone: SwinBackbone, images: Tensor):
    model = load_image_model(str(backbone_file))
    check(model, images, backbone(images)[0].mean(dim=(2, 3)))
    assert (model.image_size, model.resize, model.origin.method) == (56, 64, "Supervised")
    assert model.origin.note == ""


@torch.no_grad()
@pytest.mark.parametrize("layout", ["iclip", "official", "openmmlab", "timm"])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_exported_file(
    layout: str, suffix: str, backbone_file: Path, backbone: SwinBackbone, images: Tensor
):
    out = backbone_file.parent / f"{layout}{suffix}"
    export_checkpoint(backbone_file, layout, out)
    model = load_image_model(str(out))
    check(model, images, backbone.forward_pooled(images))
    assert (model.image_size, model.resize) == (56, 64)
    assert model.transform == load_image_model(str(backbone_file)).transform
    assert model.origin.note == ""


@torch.no_grad()
def test_timm_file_of_an_unknown_run(tmp_path: Path, images: Tensor):
    settings = dict(embed_dim=24, depths=(1, 1), num_heads=(1, 2), num_classes=9, img_size=56)
    theirs = timm.models.SwinTransformer(**settings).eval()
    save_file(theirs.state_dict(), tmp_path / "timm.safetensors")
    model = load_image_model(str(tmp_path / "timm.safetensors"))
    check(model, images, theirs.forward_head(theirs.forward_features(images), pre_logits=True))
    # Two stages, patches of 4 and windows of 7: one window is 56 pixels.
    assert (model.image_size, model.resize) == (56, 56)
    assert model.transform.mean == pytest.approx((0.485, 0.456, 0.406))
    assert model.transform.std == pytest.approx((0.229, 0.224, 0.225))
    assert model.origin.note == "images are normalized as ImageNet's classifiers'"


@pytest.mark.parametrize(("window", "size"), [(7, (224, 256)), (12, (384, 439))])
def test_size_follows_the_windows(window: int, size: tuple[int, int], tmp_path: Path):
    arch = dict(embed_dims=8, depths=(1,) * 4, num_heads=(1,) * 4)
    network = SwinBackbone(arch, window_size=window)
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    model = load_image_model(str(tmp_path / "weights.pth"))
    assert (model.image_size, model.resize) == size


@torch.no_grad()
def test_detectors_backbone_has_the_last_maps_norm(tmp_path: Path, images: Tensor):
    torch.manual_seed(2)
    network = SwinBackbone(ARCH, window_size=7, out_indices=(0, 1)).eval()
    nn.init.normal_(network.norm1.weight)
    state = {f"backbone.{name}": tensor for name, tensor in network.state_dict().items()}
    state["bbox_head.weight"] = torch.rand(3)
    torch.save({"state_dict": state, "meta": {"epoch": 1}}, tmp_path / "epoch_1.pth")
    expected = network(images)[1].mean(dim=(2, 3))
    check(load_image_model(str(tmp_path / "epoch_1.pth")), images, expected)


@torch.no_grad()
def test_convolutional_stem_of_a_pretrained_checkpoint(micro: Path):
    images = torch.rand(2, 3, 32, 32)
    ids = [320, 1125, 2368, 49406, 49407]
    config = dict(MICRO, text_encoder=dict(MICRO["text_encoder"], vocabulary=ids))  # type: ignore[call-overload]
    network = MODELS.build(dict(config, class_prompts=None)).eval()
    network.load_state_dict(torch.load(micro, weights_only=True)["state_dict"])
    model = load_image_model(str(micro))
    check(model, images, network.backbone(images)[0].mean(dim=(2, 3)))
    projected = load_image_model(str(micro), features="projection")
    torch.testing.assert_close(
        projected.encode_images(images), network.encode_image(images), rtol=0, atol=1e-5
    )


@torch.no_grad()
def test_transformers_folder(tmp_path: Path, images: Tensor):
    torch.manual_seed(3)
    theirs = transformers.SwinModel(
        transformers.SwinConfig(
            image_size=56, embed_dim=24, depths=[1, 1], num_heads=[1, 2], window_size=7
        )
    ).eval()
    theirs.save_pretrained(tmp_path / "swin")
    model = load_image_model(str(tmp_path / "swin"))
    check(model, images, theirs(images).pooler_output)


def test_average_over_the_training_is_taken_by_name_and_said(tmp_path: Path, images: Tensor):
    torch.manual_seed(4)
    parts = {
        name: SwinBackbone(ARCH, window_size=7).state_dict() for name in ("model", "model_ema")
    }
    torch.save(parts, tmp_path / "both.pth")
    model = load_image_model(f"{tmp_path / 'both.pth'}#model_ema")
    torch.testing.assert_close(
        model.network.backbone.norm.weight, parts["model_ema"]["norm.weight"], rtol=0, atol=0
    )
    first = parts["model_ema"]["patch_embed.proj.weight"]
    assert torch.equal(model.network.backbone.patch_embed.proj.weight, first)
    assert "took 'model_ema', an average over the training" in model.origin.note


def test_video_backbone_is_refused(backbone: SwinBackbone, tmp_path: Path):
    state = backbone.state_dict()
    kernel = state["patch_embed.proj.weight"]
    state["patch_embed.proj.weight"] = kernel[:, :, None].repeat(1, 1, 2, 1, 1)
    torch.save({"state_dict": state, "meta": {}}, tmp_path / "video.pth")
    with pytest.raises(
        ValueError, match=r"video\.pth is a Video Swin, whose features are of clips"
    ):
        load_image_model(str(tmp_path / "video.pth"))


def test_convolutional_stem_of_a_fine_tuned_file(micro: Path, tmp_path: Path):
    content = torch.load(micro, weights_only=True)
    # What a detector's file has in the place of the pre-trained model's description.
    pixels = {"type": "DetDataPreprocessor", "pad_size_divisor": 8}
    model = {"type": "FasterRCNN", "backbone": MICRO["backbone"], "data_preprocessor": pixels}
    content["meta"] = {"config": {"model": model}}
    torch.save(content, tmp_path / "best.pth")
    fine_tuned, pretrained = (
        load_image_model(str(tmp_path / "best.pth")),
        load_image_model(str(micro)),
    )
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(fine_tuned.encode_images(images), pretrained.encode_images(images))
    assert "normalized as ImageNet's" in fine_tuned.origin.note


def test_convolutional_stem_that_does_not_say_its_stride(micro: Path, tmp_path: Path):
    content = torch.load(micro, weights_only=True)
    torch.save({"state_dict": content["state_dict"], "meta": {}}, tmp_path / "bare.pth")
    with pytest.raises(ValueError, match=r"bare\.pth has a stem of convolutions, and does not say"):
        load_image_model(str(tmp_path / "bare.pth"))


@torch.no_grad()
def test_vit_of_open_clip_without_its_projection(tiny_name: str):
    images = torch.rand(2, 3, 32, 32)
    visual = load_zero_shot_model(tiny_name).network.visual
    projection = visual.proj.clone()
    model = load_image_model(tiny_name)
    features = model.encode_images(images)
    assert features.shape == (2, 64)
    torch.testing.assert_close(features @ projection, visual(images), rtol=0, atol=1e-5)


def timm_tower(**vision: object) -> dict[str, object]:
    text = {"context_length": 24, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1}
    cfg = {"timm_model_name": "resnet10t", "timm_model_pretrained": False, "image_size": 64}
    return {"embed_dim": 16, "vision_cfg": cfg | vision, "text_cfg": text, "custom_text": True}


@torch.no_grad()
@pytest.mark.parametrize(
    "vision",
    [
        {"timm_pool": "avg", "timm_proj": "linear"},
        {"timm_pool": "avg", "timm_proj": "mlp"},
        {"timm_pool": "avg", "timm_proj": ""},
    ],
    ids=str,
)
def test_timm_tower_of_open_clip_without_its_projection(vision: dict, tmp_path: Path):
    (tmp_path / "tower.json").write_text(json.dumps(timm_tower(**vision)))
    open_clip.add_model_config(tmp_path)
    images = torch.rand(2, 3, 64, 64)
    torch.manual_seed(0)
    trunk = open_clip.create_model("tower").visual.eval().trunk
    expected = trunk.forward_features(images).mean(dim=(2, 3))
    torch.manual_seed(0)
    check(load_image_model("open_clip:tower"), images, expected)


def test_tower_that_ends_in_its_pooling_says_so(tmp_path: Path):
    config = timm_tower()
    config["vision_cfg"] = {"image_size": 32, "layers": [1, 1, 1, 1], "width": 16, "head_width": 16}
    config["custom_text"] = False
    (tmp_path / "resnet.json").write_text(json.dumps(config))
    open_clip.add_model_config(tmp_path)
    model = load_image_model("open_clip:resnet")
    assert "pools and projects in one layer: its embeddings are its features" in model.origin.note
    assert model.encode_images(torch.rand(1, 3, 32, 32)).shape == (1, 16)


@pytest.mark.parametrize(
    ("load", "told"),
    [
        (
            lambda path: load_zero_shot_model(path),
            r"\(Supervised\) has no text tower, which",
        ),
        (lambda path: load_image_model(path, features="projection"), "tools/probe.py without --fe"),
        (lambda path: load_image_model(path, features="all"), "--features is 'all'; it takes pool"),
    ],
)
def test_features_that_a_file_does_not_have(
    load: Callable[[str], ImageTextEmbedder], told: str, backbone_file: Path
):
    with pytest.raises(ValueError, match=told):
        load(str(backbone_file))
