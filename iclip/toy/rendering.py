"""Draw scenes: sprites are warped onto a canvas of twice the size, averaged and lit."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from iclip.toy.backgrounds import draw_background, ground_map
from iclip.toy.scenes import Light, Scene, SceneObject
from iclip.toy.shapes import EXTENT, coverage
from iclip.toy.textures import pattern

SUPERSAMPLING = 2
"""Canvas pixels per image pixel, each way."""

_SPRITE_SIZES = (32, 64, 128, 256)  # sides in pixels; the next larger one is warped
_RIM_WIDTH = 0.07  # of the dark rim, in the units of the outlines
_RIM_TONE = 0.3  # brightness of the rim, as a share of the object's
_SHADOW = 0.35  # share of the ground's brightness that a full shadow takes


@dataclass(frozen=True)
class Masks:
    """Which object is visible where, on the canvas of `SUPERSAMPLING` times the image's size.

    Attributes:
        instances: (H, W) uint8; 0 is background, k the scene's object k - 1.
        grounds: (H, W) uint8 index into `backgrounds.KINDS`, also behind the objects.
    """

    instances: np.ndarray
    grounds: np.ndarray


@lru_cache(maxsize=2048)
def _sprite(shape: str, texture: str, variant: int, size: int) -> np.ndarray:
    """Draw a sprite, (size, size, 3) uint8.

    The planes are the coverage, the share of the main color, and the share inside the rim.
    """
    layers = (
        coverage(shape, size),
        pattern(texture, variant, size),
        coverage(shape, size, -_RIM_WIDTH),
    )
    return np.round(255 * np.dstack(layers)).astype(np.uint8)


def _placement(
    obj: SceneObject, height: int, width: int
) -> tuple[np.ndarray, np.ndarray, slice, slice]:
    """Return the sprite, its 2 x 3 map into a region, and the region's rows and columns."""
    side = obj.size * min(height, width)
    size = next((s for s in _SPRITE_SIZES if s >= side), _SPRITE_SIZES[-1])
    # Each side takes the square root of the stretch, so that the area stays.
    angle, stretch = np.deg2rad(obj.rotation), np.sqrt(obj.stretch)
    cos, sin = np.cos(angle), np.sin(angle)
    # An outline is 2 wide, and the sprite shows 2 * EXTENT.
    scale = side * EXTENT / size
    linear = scale * np.array(
        [[cos * stretch, -sin / stretch], [sin * stretch, cos / stretch]], np.float64
    )
    center = np.array([obj.x * width, obj.y * height])
    reach = np.abs(linear).sum(axis=1) * size / 2 + 1
    low = np.maximum(np.floor(center - reach), 0).astype(int)
    high = np.minimum(np.ceil(center + reach), [width, height]).astype(int)
    high = np.maximum(high, low)
    # Here the centers of pixels lie at half-integers, for OpenCV at integers.
    shift = center - low - 0.5 - linear @ np.full(2, (size - 1) / 2)
    matrix = np.concatenate([linear, shift[:, None]], axis=1)
    sprite = _sprite(obj.shape, obj.texture, obj.variant, size)
    return sprite, matrix, slice(low[1], high[1]), slice(low[0], high[0])


def _draw_object(planes: np.ndarray, instances: np.ndarray, obj: SceneObject, number: int) -> None:
    """Draw one object on the canvas (3, H, W) and its number on the instances (H, W), in place."""
    height, width = instances.shape
    sprite, matrix, rows, columns = _placement(obj, height, width)
    region = planes[:, rows, columns]  # a view, so that drawing on it changes the canvas
    if region.size == 0:
        return
    size = (region.shape[2], region.shape[1])
    layers = cv2.warpAffine(sprite, matrix, size, flags=cv2.INTER_LINEAR)
    # H, W, 3 uint8 -> three planes (H, W) float32 in [0, 1].
    mask, main, inside = (
        plane.astype(np.float32) * np.float32(1 / 255) for plane in cv2.split(layers)
    )
    # pixel = shadowed ground + brightness * (share of the main color * main + the rest * second)
    ground_share = (1 - mask) * _shadow(mask)
    brightness = mask * (_RIM_TONE + (1 - _RIM_TONE) * inside)
    main *= brightness
    for plane, value, second in zip(region, obj.rgb, obj.second_rgb, strict=True):
        plane *= ground_share
        plane += brightness * np.float32(second) + main * np.float32(value - second)
    instances[rows, columns][layers[..., 0] > 127] = number  # where it covers half of a pixel


def _shadow(mask: np.ndarray) -> np.ndarray:
    """Return the brightness that an object's shadow leaves on the ground to its lower right."""
    brightness = np.ones_like(mask)
    # The shadow is the blurred mask, moved by a twentieth of the region's shorter side.
    step = max(1, min(mask.shape) // 20)
    soft = cv2.blur(mask, (2 * step + 1, 2 * step + 1))
    brightness[step:, step:] -= _SHADOW * soft[:-step, :-step]
    return brightness


def _illumination(light: Light, height: int, width: int) -> np.ndarray:
    """Return the brightness (height, width): 1 at the center, rising linearly towards the light."""
    angle = np.deg2rad(light.direction)
    down = np.linspace(-1, 1, height, dtype=np.float32) * np.float32(light.slope * np.sin(angle))
    across = np.linspace(-1, 1, width, dtype=np.float32) * np.float32(light.slope * np.cos(angle))
    return 1 + down[:, None] + across[None, :]


def render(
    scene: Scene, height: int, width: int, rng: np.random.Generator
) -> tuple[np.ndarray, Masks]:
    """Draw a scene.

    Args:
        scene: What to draw.
        height: Rows of the image, at most 256.
        width: Columns of the image, at most 256.
        rng: The image's generator, for the sensor noise.

    Returns:
        The image, (height, width, 3) uint8 RGB, and the masks of twice its size.
    """
    rows, columns = SUPERSAMPLING * height, SUPERSAMPLING * width
    planes = draw_background(scene.background, rows, columns)
    instances = np.zeros((rows, columns), np.uint8)
    for number, obj in enumerate(scene.objects, start=1):
        _draw_object(planes, instances, obj, number)
    # 3, H, W -> H, W, 3, and the mean of each square of canvas pixels.
    image: np.ndarray = cv2.resize(
        cv2.merge(list(planes)), (width, height), interpolation=cv2.INTER_AREA
    )
    image *= _illumination(scene.light, height, width)[..., None]
    image += np.float32(scene.light.noise) * rng.standard_normal(image.shape, np.float32)
    masks = Masks(instances, ground_map(scene.background, rows, columns))
    return np.clip(image, 0, 255).astype(np.uint8), masks


def encode_jpeg(image: np.ndarray) -> bytes:
    """Encode (H, W, 3) uint8 RGB as JPEG at quality 92 without chroma subsampling.

    Subsampled chroma would smear the patterns of objects 20 pixels wide.
    """
    settings = [
        cv2.IMWRITE_JPEG_QUALITY,
        92,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]
    return cv2.imencode(".jpg", image[..., ::-1], settings)[1].tobytes()  # RGB -> BGR
