import io
import math
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from open_clip.transform import image_transform
from PIL import Image
from torchvision.transforms import RandomResizedCrop
from torchvision.transforms.v2 import functional as F

from iclip.datasets.readers.decoding import DecodeError, JpegImage, open_image
from iclip.datasets.transforms import RandomResizedCropFlip, ResizeCenterCrop, _sample_box

Encode = Callable[..., bytes]
SIZES = [(24, 32), (48, 31), (37, 37), (100, 333), (300, 17), (5, 4)]


def to_uint8(image: torch.Tensor) -> torch.Tensor:
    mean, std = (
        torch.tensor([0.48145466, 0.4578275, 0.40821073]),
        torch.tensor([0.26862954, 0.26130258, 0.27577711]),
    )
    return ((image * std[:, None, None] + mean[:, None, None]) * 255).round().to(torch.uint8)


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_evaluation_equals_open_clip(encode: Encode, height: int, width: int, format: str) -> None:
    encoded = encode(height, width, format=format)
    oracle = image_transform(32, is_train=False)(Image.open(io.BytesIO(encoded)))
    assert torch.equal(ResizeCenterCrop(32)(encoded), to_uint8(oracle))


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_evaluation_with_a_margin_equals_torchvision(
    encode: Encode, height: int, width: int
) -> None:
    image = Image.open(io.BytesIO(encoded := encode(height, width)))
    resized = F.resize(image, [36], interpolation=F.InterpolationMode.BICUBIC)
    oracle = F.pil_to_tensor(F.center_crop(resized, [31]))
    assert torch.equal(ResizeCenterCrop(31, resize=36)(encoded), oracle)


def test_evaluation_equals_open_clip_on_real_photos(real_data: Path) -> None:
    for path in sorted((real_data / "imagenet_samples").rglob("*.JPEG"))[::100]:
        oracle = image_transform(224, is_train=False)(Image.open(path))
        assert torch.equal(ResizeCenterCrop(224)(path.read_bytes()), to_uint8(oracle))


def test_training_is_a_function_of_bytes_and_seed(encode: Encode) -> None:
    transform, encoded = RandomResizedCropFlip(16), encode(64, 80)
    first = [transform(encoded, seed) for seed in range(20)]
    torch.manual_seed(1)
    random.seed(1)
    np.random.seed(1)
    assert all(torch.equal(transform(encoded, seed), first[seed]) for seed in reversed(range(20)))
    assert len({image.numpy().tobytes() for image in first}) == 20


def test_training_gives_contiguous_uint8(encode: Encode) -> None:
    for seed in range(4):
        image = RandomResizedCropFlip(16)(encode(mode="L"), seed)
        assert (image.shape, image.dtype) == ((3, 16, 16), torch.uint8)
        assert image.is_contiguous()


@pytest.mark.parametrize(("height", "width"), [(40, 40), (30, 30), (63, 63), (128, 128)])
def test_training_resizes_as_pillow_does(encode: Encode, height: int, width: int) -> None:
    transform = RandomResizedCropFlip(32, scale=(1, 1), ratio=(1, 1), flip=0)
    image = Image.open(io.BytesIO(encoded := encode(height, width, quality=95)))
    oracle = F.pil_to_tensor(image.resize((32, 32), Image.Resampling.BICUBIC))
    difference = (transform(encoded, 0).int() - oracle.int()).abs()
    # Rounding differs by one; libjpeg's reduced decoding, from twice the size on, by a little more.
    assert difference.max() <= (1 if height < 64 else 10)
    assert difference.float().mean() < 1


def test_large_images_are_decoded_smaller(encode: Encode, monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = []
    decode = JpegImage.pixels

    def spy(self: JpegImage, *minima: int) -> np.ndarray:
        shapes.append((pixels := decode(self, *minima)).shape)
        return pixels

    monkeypatch.setattr(JpegImage, "pixels", spy)
    for seed in range(20):
        RandomResizedCropFlip(32, scale=(0.5, 1))(encode(400, 400), seed)
    assert all(32 <= height < 200 for height, _, _ in shapes)


def test_flip_mirrors_the_image(encode: Encode) -> None:
    settings = {"size": 16, "scale": (1, 1), "ratio": (1, 1)}
    encoded = encode(20, 20)
    plain = RandomResizedCropFlip(**settings, flip=0)(encoded, 7)
    mirrored = RandomResizedCropFlip(**settings, flip=1)(encoded, 7)
    assert torch.equal(mirrored, plain.flip(-1)) and not torch.equal(mirrored, plain)


def test_flips_as_often_as_asked(encode: Encode) -> None:
    encoded = encode(20, 20)
    sometimes = RandomResizedCropFlip(16, scale=(1, 1), ratio=(1, 1), flip=0.3)
    plain = RandomResizedCropFlip(16, scale=(1, 1), ratio=(1, 1), flip=0)(encoded, 0)
    flips = sum(not torch.equal(sometimes(encoded, seed), plain) for seed in range(1000))
    # Four standard deviations.
    assert abs(flips - 300) < 4 * math.sqrt(1000 * 0.3 * 0.7)


def test_boxes_keep_to_scale_and_ratio() -> None:
    draw = random.Random(0).random
    for _ in range(500):
        box = _sample_box(100, 120, (0.2, 0.6), (0.5, 2.0), draw)
        assert 0 <= box.top <= 100 - box.height and 0 <= box.left <= 120 - box.width
        # Sides are rounded to whole pixels.
        assert 0.18 < box.height * box.width / 12000 < 0.63
        assert 0.48 < box.width / box.height < 2.08


def test_boxes_are_distributed_as_torchvisions() -> None:
    draw, image = random.Random(0).random, torch.empty(3, 90, 120)
    torch.manual_seed(0)
    settings = ((0.08, 1.0), (3 / 4, 4 / 3))
    own = np.array([_sample_box(90, 120, *settings, draw) for _ in range(2000)])
    oracle = np.array([RandomResizedCrop.get_params(image, *map(list, settings)) for _ in own])
    spread = oracle.std(axis=0) * math.sqrt(2 / len(own))
    assert (np.abs(own.mean(axis=0) - oracle.mean(axis=0)) < 4 * spread).all()
    assert (np.abs(own.std(axis=0) / oracle.std(axis=0) - 1) < 0.1).all()


@pytest.mark.parametrize(("height", "width"), [(10, 1000), (1000, 10), (1, 7), (50, 50)])
def test_central_box_is_torchvisions_where_none_fits(height: int, width: int) -> None:
    # Nothing near this ratio with all of the area fits; on the square, draws beyond the range.
    ratio, scale = (3 / 4, 4 / 3), (1.0, 1.0)
    draw = (lambda: 0.5) if height != width else (lambda: 1.0)
    oracle = RandomResizedCrop.get_params(torch.empty(3, height, width), list(scale), list(ratio))
    box = _sample_box(height, width, scale, ratio, draw)
    assert box == (oracle if height != width else (0, 0, height, width))


@pytest.mark.parametrize("transform", [RandomResizedCropFlip(8), ResizeCenterCrop(8)])
def test_damaged_image_is_a_decode_error(transform: Callable, encode: Encode) -> None:
    with pytest.raises(DecodeError):
        transform(encode(64, 64)[:300], 0)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 500), (700, 2)])
@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_extreme_shapes_are_transformed(
    encode: Encode, height: int, width: int, format: str
) -> None:
    encoded = encode(height, width, format=format)
    assert open_image(encoded).height == height
    for transform in (RandomResizedCropFlip(16), ResizeCenterCrop(16)):
        assert transform(encoded, 3).shape == (3, 16, 16)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 0}, r"size=0: give a whole number of pixels"),
        ({"size": 8, "scale": (0, 1)}, r"scale=\(0, 1\): give two areas"),
        ({"size": 8, "scale": (0.5, 1.5)}, r"scale=\(0.5, 1.5\)"),
        ({"size": 8, "scale": (0.9, 0.5)}, r"scale=\(0.9, 0.5\)"),
        ({"size": 8, "ratio": (2, 1)}, r"ratio=\(2, 1\): give two ratios"),
        ({"size": 8, "flip": 1.5}, r"flip=1.5: give a probability"),
    ],
)
def test_bad_setting_of_training_is_refused(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RandomResizedCropFlip(**settings)


def test_bad_setting_of_evaluation_is_refused() -> None:
    with pytest.raises(ValueError, match="resize=7 is smaller than size=8"):
        ResizeCenterCrop(8, resize=7)


@pytest.mark.parametrize("size", [(1, 30000), (30000, 1)])
def test_strip_that_would_fill_the_memory_is_a_decode_error(size: tuple[int, int]) -> None:
    file = io.BytesIO()
    Image.new("RGB", size).save(file, "PNG")
    with pytest.raises(DecodeError, match=r"too narrow: with a short side of 256 .* 7680000"):
        ResizeCenterCrop(224, 256)(file.getvalue())


@pytest.mark.parametrize("size", [(1, 300), (300, 1), (1, 1)])
def test_strip_is_resized_as_others_are(size: tuple[int, int]) -> None:
    file = io.BytesIO()
    Image.new("RGB", size, (10, 20, 30)).save(file, "PNG")
    expected = torch.tensor([10, 20, 30], dtype=torch.uint8)[:, None, None].expand(3, 8, 8)
    for transform in (ResizeCenterCrop(8), RandomResizedCropFlip(8)):
        assert transform(file.getvalue(), 0).equal(expected)


@pytest.mark.parametrize("transform", [RandomResizedCropFlip, ResizeCenterCrop])
def test_limit_of_pixels_is_checked_before_the_first_image(
    transform: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ICLIP_MAX_PIXELS", "many")
    with pytest.raises(ValueError, match="ICLIP_MAX_PIXELS is 'many'"):
        transform(8)
