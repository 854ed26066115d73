"""Scenes: the objects, background and light of an image, before any pixel is drawn."""

from dataclasses import dataclass
from typing import Literal

from iclip.toy.backgrounds import Background
from iclip.toy.shapes import PEBBLE

Relation = Literal["left", "above"]
Look = tuple[str, str]
"""Shape and texture."""


@dataclass(frozen=True, slots=True)
class SceneObject:
    """One object.

    Attributes:
        shape: Key of `vocabulary.SHAPES`, or `shapes.PEBBLE` for clutter.
        texture: Key of `vocabulary.TEXTURES`.
        color: Key of `vocabulary.COLORS`; '' for clutter.
        rgb: The color as drawn, in gray levels from 0 to 255.
        second_rgb: The pattern's other color, likewise.
        x: Center from the left, as a share of the width.
        y: Center from the top, as a share of the height.
        size: Side of the object's box as a share of the image's shorter side.
        rotation: Degrees, clockwise.
        stretch: Width over height, divided by the shape's own.
        variant: Variant of the texture.
    """

    shape: str
    texture: str
    color: str
    rgb: tuple[float, float, float]
    second_rgb: tuple[float, float, float]
    x: float
    y: float
    size: float
    rotation: float
    stretch: float
    variant: int


@dataclass(frozen=True, slots=True)
class Light:
    """Light and camera.

    Attributes:
        direction: Where the light comes from, in degrees clockwise from the right.
        slope: Relative change of brightness from the center to the edge.
        noise: Standard deviation of the sensor noise in gray levels.
    """

    direction: float
    slope: float
    noise: float


@dataclass(frozen=True, slots=True)
class Scene:
    """The content of an image.

    Attributes:
        objects: From back to front.
        background: What lies behind them.
        light: Light and camera.
        relation: Where the first of two named objects lies, seen from the second.
    """

    objects: tuple[SceneObject, ...]
    background: Background
    light: Light
    relation: Relation | None = None

    @property
    def subjects(self) -> tuple[SceneObject, ...]:
        """The objects that captions may name: all but the clutter."""
        return tuple(o for o in self.objects if o.shape != PEBBLE)


@dataclass(frozen=True, slots=True)
class SceneStyle:
    """How much scenes vary.

    Attributes:
        rotation: Largest turn of an object in degrees, to either side.
        distractor_rate: Probability of a small lump behind the objects.
        occlusion_rate: Probability of a small lump in front of an object's edge.
        horizon_rate: Probability of a horizon where the ground allows one.
        noise: Largest standard deviation of the sensor noise, in gray levels.
    """

    rotation: float
    distractor_rate: float
    occlusion_rate: float
    horizon_rate: float
    noise: float
