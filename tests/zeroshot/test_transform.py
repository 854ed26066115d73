"""The tools see the images that validation inside training sees."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image

from iclip.datasets import ResizeCenterCrop
from iclip.engine.saving.checkpoint_meta import image_size
from iclip.models.data_preprocessor import BatchPreprocessor
from iclip.zeroshot.transform import EvaluationTransform, sizes_of_evaluation

CONFIGS = sorted((Path(__file__).parents[2] / "configs").rglob("*.py"))
LEAVES = [path for path in CONFIGS if "_base_" not in path.parts]


def noise(width: int, height: int) -> Image.Image:
    pixels = np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def as_png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "png")
    return buffer.getvalue()


@pytest.mark.parametrize(("width", "height"), [(300, 200), (199, 333), (50, 40), (64, 64)])
@pytest.mark.parametrize(("size", "resize"), [(32, 32), (56, 64), (33, 40)])
def test_pixels_are_validations(width: int, height: int, size: int, resize: int):
    pixels, picture = BatchPreprocessor(), noise(width, height)
    validation = ResizeCenterCrop(size, resize)(as_png(picture))
    expected = pixels({"inputs": validation[None], "token_ids": torch.zeros(0, 4).long()})["inputs"]
    found = EvaluationTransform.of(size, resize, pixels)(picture)
    torch.testing.assert_close(found[None], expected, rtol=0, atol=1e-5)


def test_pixels_are_open_clips_without_a_margin():
    mean, std = (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)
    theirs = image_transform_v2(PreprocessCfg(size=32, mean=mean, std=std), is_train=False)
    ours = EvaluationTransform(32, 32, mean, std)
    assert torch.equal(ours(noise(90, 61)), theirs(noise(90, 61)))


@pytest.mark.parametrize("path", LEAVES, ids=lambda path: path.stem)
def test_sizes_are_those_of_each_shipped_configs_validation(path: Path):
    cfg = Config.fromfile(path)
    validations = [
        ResizeCenterCrop(**{k: v for k, v in loader.dataset.image_transform.items() if k != "type"})
        for loader in cfg.val_dataloader or ()
    ]
    # Of a run without validation, the rule for full size.
    expected = {(validation.size, validation.resize) for validation in validations} or {(224, 256)}
    meta = {"image_size": image_size(cfg), "image_resize": image_size(cfg, "resize")}
    assert {sizes_of_evaluation(meta)} == expected
    # An older checkpoint says its size only.
    assert {sizes_of_evaluation({"image_size": meta["image_size"]})} == expected


@pytest.mark.parametrize(
    ("meta", "image_size", "resize", "expected"),
    [
        ({}, None, None, (224, 256)),
        ({"image_size": 384}, None, None, (384, 439)),
        ({"image_size": 64}, None, None, (64, 64)),
        ({"image_size": 64, "image_resize": 80}, None, None, (64, 80)),
        ({"image_size": 64, "image_resize": 80}, 128, None, (128, 160)),
        ({}, None, 224, (224, 224)),
        ({}, 256, None, (256, 293)),
    ],
)
def test_margin_keeps_its_share(meta: dict, image_size, resize, expected: tuple[int, int]):
    assert sizes_of_evaluation(meta, image_size, resize) == expected


@pytest.mark.parametrize(
    ("image_size", "resize", "told"),
    [
        (0, None, "--image-size is 0; it takes a number of pixels, 1 or more"),
        (None, -1, "--resize is -1; it takes"),
        (None, 200, "--resize 200 is smaller than the 224 pixels that are cut out: give 224 or mo"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(image_size, resize, told: str):
    with pytest.raises(ValueError, match=told):
        sizes_of_evaluation({}, image_size, resize)


def test_image_too_narrow_to_be_resized_is_refused() -> None:
    """One row of pixels would become gigabytes: 256 x 25,600,000."""
    transform = EvaluationTransform(224, 256, (0.5,) * 3, (0.5,) * 3)
    with pytest.raises(ValueError, match="100000 x 1 pixels are too narrow"):
        transform(Image.new("RGB", (100_000, 1)))
