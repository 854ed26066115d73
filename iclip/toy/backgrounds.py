"""Backgrounds: a muted color with the grain of a wall, sky, grass, sand, water or wood."""

from dataclasses import dataclass
from functools import cache

import numpy as np

_TILE = 512  # side of a tile in pixels: no canvas is larger
# Mean color of each kind, RGB in gray levels; muted, since the objects' colors are saturated.
_TONES: dict[str, tuple[int, int, int]] = {
    "wall": (186, 184, 180),
    "sky": (168, 192, 218),
    "grass": (112, 134, 88),
    "sand": (208, 190, 156),
    "water": (92, 124, 146),
    "wood": (150, 116, 88),
}
KINDS: tuple[str, ...] = tuple(_TONES)
LOWER_KINDS: tuple[str, ...] = ("grass", "sand", "water", "wood")
"""Kinds that may lie below a horizon; above it is the sky or a wall."""


@dataclass(frozen=True, slots=True)
class Background:
    """What lies behind the objects.

    Attributes:
        kind: One of `KINDS`; the ground that captions name.
        above: Kind above the horizon, or None where `kind` fills the image.
        horizon: Height of the horizon from the top, in [0, 1].
        offset: Row and column where the grain's tile starts, in pixels.
        gain: Factor on the brightness.
    """

    kind: str
    above: str | None
    horizon: float
    offset: tuple[int, int]
    gain: float


def _smooth_noise(rng: np.random.Generator, down: float, across: float) -> np.ndarray:
    """Draw noise of unit variance that wraps around, smooth over `down` rows, `across` columns."""
    # A Gaussian filter, as the product with its Fourier transform, which makes it wrap around.
    frequency = np.fft.fftfreq(_TILE)
    window = np.exp(-2 * np.pi**2 * (down * frequency[:, None]) ** 2) * np.exp(
        -2 * np.pi**2 * (across * frequency[None, :]) ** 2
    )
    noise = np.fft.ifft2(np.fft.fft2(rng.standard_normal((_TILE, _TILE))) * window).real
    return (noise / noise.std()).astype(np.float32)


@cache
def grain(kind: str) -> np.ndarray:
    """Return the brightness detail of one kind, (512, 512) float32 in gray levels, tileable."""
    # The grain does not depend on the world's seed; the 7 is part of the format, as are all numbers
    # below: amplitudes in gray levels, and widths in pixels down and across.
    rng = np.random.default_rng([KINDS.index(kind), 7])
    rows = np.arange(_TILE, dtype=np.float32)[:, None]
    match kind:
        case "wall":
            return 3 * _smooth_noise(rng, 24, 24)
        case "sky":
            return 10 * _smooth_noise(rng, 10, 26)
        case "grass":
            return 6 * _smooth_noise(rng, 5, 1.2) + 4 * _smooth_noise(rng, 20, 20)
        case "sand":
            return 6 * _smooth_noise(rng, 1.0, 1.0) + 4 * _smooth_noise(rng, 12, 30)
        case "water":
            # Waves of 16 rows, bent by the noise.
            waves = np.sin(2 * np.pi * rows / 16 + 1.5 * _smooth_noise(rng, 12, 24))
            return 6 * waves.astype(np.float32) + 3 * _smooth_noise(rng, 1, 6)
        case _:  # wood: boards of 32 rows with dark gaps of two
            boards = np.where(rows % 32 < 2, -14, 0).astype(np.float32)
            return boards + 5 * _smooth_noise(rng, 1.2, 18)


@cache
def _tile(kind: str) -> np.ndarray:
    """Return (3, 1024, 1024): two periods of the grain per side, so that any crop is a slice."""
    # H, W -> 3, H, W
    tile = grain(kind) + np.array(_TONES[kind], np.float32)[:, None, None]
    return np.tile(tile, (1, 2, 2))


def draw_background(background: Background, height: int, width: int) -> np.ndarray:
    """Paint a background.

    Args:
        background: What to paint.
        height: Rows, at most 512.
        width: Columns, at most 512.

    Returns:
        (3, height, width) float32 RGB in gray levels; a bright sky exceeds 255, and rendering clips
        it.
    """
    top, left = background.offset
    region = np.s_[:, top : top + height, left : left + width]
    canvas = _tile(background.kind)[region] * np.float32(background.gain)
    if background.above is not None:
        rows = round(background.horizon * height)
        sky = _tile(background.above)[region]
        canvas[:, :rows] = sky[:, :rows] * np.float32(background.gain)
    return canvas


def ground_map(background: Background, height: int, width: int) -> np.ndarray:
    """Return (height, width) uint8 with each pixel's index into `KINDS`."""
    kinds = np.full((height, width), KINDS.index(background.kind), np.uint8)
    if background.above is not None:
        kinds[: round(background.horizon * height)] = KINDS.index(background.above)
    return kinds
