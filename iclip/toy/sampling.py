"""Random scenes: one large object, two or three, or a crowd."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from iclip.toy.backgrounds import KINDS, LOWER_KINDS, Background
from iclip.toy.random_streams import pick
from iclip.toy.scenes import Light, Look, Relation, Scene, SceneObject, SceneStyle
from iclip.toy.shapes import PEBBLE
from iclip.toy.textures import VARIANTS
from iclip.toy.vocabulary import COLORS

_PALE = ("orange", "yellow", "turquoise", "pink")  # a white pattern would not show on these
_COLOR_NAMES = tuple(COLORS)
_PLACEMENT_ATTEMPTS = 30  # per object of a crowd, before it is dropped


def uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a number from [low, high)."""
    return low + (high - low) * rng.random()


def sample_object(
    rng: np.random.Generator,
    look: Look,
    color: str,
    style: SceneStyle,
    size: float,
    x: float,
    y: float,
) -> SceneObject:
    """Sample the rest of an object whose look, size and place are given."""
    # The named color, varied in brightness; then the pattern's other color, nearly black or white.
    tint = np.array(COLORS[color]) * uniform(rng, 0.88, 1.06) + uniform(rng, -8, 8)
    dark = color in _PALE or rng.random() < 0.3
    second = tint * 0.18 if dark else 0.1 * tint + 0.9 * uniform(rng, 225, 250)
    return SceneObject(
        shape=look[0],
        texture=look[1],
        color=color,
        rgb=tuple(np.clip(tint, 0, 255).tolist()),
        second_rgb=tuple(np.clip(second, 0, 255).tolist()),
        x=x,
        y=y,
        size=size,
        rotation=uniform(rng, -style.rotation, style.rotation),
        stretch=uniform(rng, 0.9, 1.1),
        variant=int(rng.random() * VARIANTS),
    )


def sample_color(rng: np.random.Generator) -> str:
    """Draw one of the color names."""
    return pick(rng, _COLOR_NAMES)


def sample_pebble(rng: np.random.Generator, size: float, x: float, y: float) -> SceneObject:
    """Sample a piece of clutter at a given place."""
    gray = uniform(rng, 60, 190)
    rgb = (gray, gray * 0.98, gray * 0.94)
    return SceneObject(
        shape=PEBBLE,
        texture="plain",
        color="",
        rgb=rgb,
        second_rgb=rgb,
        x=x,
        y=y,
        size=size,
        rotation=uniform(rng, -180, 180),
        stretch=uniform(rng, 0.8, 1.2),
        variant=0,
    )


def sample_background(
    rng: np.random.Generator, style: SceneStyle, kind: str | None = None
) -> Background:
    """Sample a background, of a given kind or of any."""
    kind = kind or pick(rng, KINDS)
    above = None
    if kind in LOWER_KINDS and rng.random() < style.horizon_rate:
        above = "wall" if kind == "wood" else "sky"
    return Background(
        kind=kind,
        above=above,
        horizon=uniform(rng, 0.2, 0.5),
        # Anywhere in a tile of 512 pixels.
        offset=(int(rng.random() * 512), int(rng.random() * 512)),
        gain=uniform(rng, 0.85, 1.12),
    )


def sample_light(rng: np.random.Generator, style: SceneStyle) -> Light:
    """Sample the light and the noise."""
    return Light(
        direction=uniform(rng, 0, 360),
        slope=uniform(rng, 0.0, 0.25),
        noise=uniform(rng, 0.2 * style.noise, style.noise),
    )


def with_clutter(
    rng: np.random.Generator, objects: Sequence[SceneObject], style: SceneStyle
) -> tuple[SceneObject, ...]:
    """Sometimes add a lump in a corner behind the objects, and one in front of an object's edge."""
    behind: list[SceneObject] = []
    in_front: list[SceneObject] = []
    if rng.random() < style.distractor_rate:
        corner_x, corner_y = rng.random() < 0.5, rng.random() < 0.5
        # The distance from 0 or from 1: near one edge or the other.
        x = abs(corner_x - uniform(rng, 0.06, 0.16))
        y = abs(corner_y - uniform(rng, 0.06, 0.16))
        behind.append(sample_pebble(rng, uniform(rng, 0.14, 0.24), x, y))
    if objects and rng.random() < style.occlusion_rate:
        hidden = objects[int(rng.random() * len(objects))]
        angle, reach = uniform(rng, 0, 2 * np.pi), 0.5 * hidden.size
        size = 0.36 * hidden.size
        x, y = hidden.x + reach * np.cos(angle), hidden.y + reach * np.sin(angle)
        in_front.append(sample_pebble(rng, size, float(x), float(y)))
    return (*behind, *objects, *in_front)


def sample_portrait(
    rng: np.random.Generator,
    look: Look,
    style: SceneStyle,
    sizes: tuple[float, float],
    color: str | None = None,
    ground: str | None = None,
) -> Scene:
    """Sample a scene of one large object.

    Args:
        rng: The image's generator.
        look: Shape and texture of the object.
        style: How much scenes vary.
        sizes: Range of the object's size.
        color: The object's color; any if None.
        ground: The background's kind; any if None.
    """
    size = uniform(rng, *sizes)
    slack = max(0.0, (1 - size) / 2)  # how far the center may move while the object stays inside
    subject = sample_object(
        rng,
        look,
        color or sample_color(rng),
        style,
        size,
        x=0.5 + uniform(rng, -slack, slack),
        y=0.5 + uniform(rng, -slack, slack),
    )
    background = sample_background(rng, style, ground)
    return Scene(with_clutter(rng, [subject], style), background, sample_light(rng, style))


def sample_group(
    rng: np.random.Generator,
    looks: Sequence[Look],
    style: SceneStyle,
    colors: Sequence[str] | None = None,
    ground: str | None = None,
) -> Scene:
    """Sample a scene of two objects, side by side or one above the other, or of three.

    Args:
        rng: The image's generator.
        looks: Shape and texture of each of two or three objects.
        style: How much scenes vary.
        colors: Color of each object; any if None.
        ground: The background's kind; any if None.
    """
    relation: Relation | None = None
    if len(looks) == 2:
        relation = "left" if rng.random() < 0.5 else "above"
        centers = [(0.27, 0.5), (0.73, 0.5)] if relation == "left" else [(0.5, 0.27), (0.5, 0.73)]
        sizes = (0.40, 0.50)
    else:
        centers = [(0.26, 0.3), (0.74, 0.3), (0.5, 0.74)]
        sizes = (0.36, 0.45)
    jitter = 0.03
    objects = [
        sample_object(
            rng,
            look,
            colors[i] if colors else sample_color(rng),
            style,
            uniform(rng, *sizes),
            x=x + uniform(rng, -jitter, jitter),
            y=y + uniform(rng, -jitter, jitter),
        )
        for i, (look, (x, y)) in enumerate(zip(looks, centers, strict=True))
    ]
    # In the direction that the relation does not name, objects may lie farther apart.
    if relation == "left":
        objects = [replace(o, y=o.y + uniform(rng, -0.15, 0.15)) for o in objects]
    elif relation == "above":
        objects = [replace(o, x=o.x + uniform(rng, -0.15, 0.15)) for o in objects]
    background = sample_background(rng, style, ground)
    return Scene(with_clutter(rng, objects, style), background, sample_light(rng, style), relation)


def sample_crowd(
    rng: np.random.Generator,
    looks: Sequence[Look],
    style: SceneStyle,
    sizes: tuple[float, float],
    aspect: float,
) -> Scene:
    """Sample a wide scene of several objects that may hide parts of each other.

    Args:
        rng: The image's generator.
        looks: Shape and texture of each object. Objects for which no room is left are dropped, but
            never the first.
        style: How much scenes vary.
        sizes: Range of the objects' sizes.
        aspect: Width over height of the image.
    """
    placed: list[SceneObject] = []
    for look in looks:
        for _ in range(_PLACEMENT_ATTEMPTS):
            size = uniform(rng, *sizes)
            # Sizes are shares of the shorter side, positions of the width and the height. At 0.4 of
            # its size from the edge, an object may be cut a little.
            edge = 0.4 * size
            x = uniform(rng, edge / max(aspect, 1), 1 - edge / max(aspect, 1))
            y = uniform(rng, edge * min(aspect, 1), 1 - edge * min(aspect, 1))
            if all(_apart(x, y, size, other, aspect) for other in placed):
                placed.append(sample_object(rng, look, sample_color(rng), style, size, x, y))
                break
    # Small objects are in front, so that none is hidden entirely.
    placed.sort(key=lambda o: -o.size)
    background = sample_background(rng, style)
    return Scene(with_clutter(rng, placed, style), background, sample_light(rng, style))


def _apart(x: float, y: float, size: float, other: SceneObject, aspect: float) -> bool:
    """Whether a new object would leave most of another one visible."""
    # In shares of the image's shorter side, as sizes are.
    across, down = (x - other.x) * max(aspect, 1), (y - other.y) / min(aspect, 1)
    return bool(np.hypot(across, down) > 0.36 * (size + other.size))
