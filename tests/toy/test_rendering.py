"""The oracle for what is visible: an object is where the picture changes with its color."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from iclip.toy.backgrounds import Background
from iclip.toy.rendering import encode_jpeg, render
from iclip.toy.sampling import sample_crowd, sample_object, sample_portrait
from iclip.toy.scenes import Light, Scene, SceneObject, SceneStyle
from iclip.toy.vocabulary import COLORS

CALM = SceneStyle(rotation=0, distractor_rate=0, occlusion_rate=0, horizon_rate=0, noise=0)
DARK = Light(direction=0, slope=0, noise=0)
WALL = Background("wall", None, 0.5, (0, 0), 1.0)


def draw(scene: Scene, height: int = 48, width: int = 48) -> np.ndarray:
    return render(scene, height, width, np.random.default_rng(0))[0].astype(int)


def one_object(shape: str, texture: str = "plain", **changes: float) -> SceneObject:
    rng = np.random.default_rng(0)
    obj = sample_object(rng, (shape, texture), "red", CALM, 0.7, 0.5, 0.5)
    return replace(obj, stretch=1.0, **changes)


def visible_pixels(scene: Scene, number: int, height: int, width: int) -> np.ndarray:
    """Where the picture changes if object `number` turns from black to white."""
    pictures = []
    for gray in (0.0, 255.0):
        obj = replace(scene.objects[number], rgb=(gray,) * 3, second_rgb=(gray,) * 3)
        objects = (*scene.objects[:number], obj, *scene.objects[number + 1 :])
        pictures.append(draw(Scene(objects, WALL, DARK), height, width))
    return (pictures[1] - pictures[0]).max(axis=2) > 30


@pytest.mark.parametrize("seed", range(6))
def test_instance_map_shows_what_is_visible(seed: int) -> None:
    rng = np.random.default_rng(seed)
    looks = [("disc", "dots"), ("star", "plain"), ("fish", "checks"), ("crown", "rings")]
    scene = sample_crowd(rng, looks, replace(CALM, rotation=15), (0.3, 0.5), 1.25)
    masks = render(replace(scene, background=WALL, light=DARK), 128, 160, rng)[1]
    for number in range(len(scene.objects)):
        expected = visible_pixels(scene, number, 128, 160)
        found = (masks.instances == number + 1)[::2, ::2]
        assert (expected & found).sum() / (expected | found).sum() > 0.9


@pytest.mark.parametrize("size", [0.6, 0.85])
def test_size_is_the_share_of_the_image_side(size: int) -> None:
    scene = Scene((one_object("square", size=size),), WALL, DARK)
    columns = np.flatnonzero(visible_pixels(scene, 0, 48, 48).any(axis=0))
    # A square's outline is 1.7 of the 2 units that an object's box is wide.
    assert columns[-1] + 1 - columns[0] == pytest.approx(0.85 * size * 48, abs=1.5)


def test_rotation_is_clockwise() -> None:
    turned = Scene((one_object("arrow", rotation=90.0),), WALL, DARK)
    rows, columns = np.nonzero(visible_pixels(turned, 0, 48, 48))
    # The head, which is wider than the shaft, now points to the right.
    assert np.ptp(rows[columns > 26]) > np.ptp(rows[columns < 20])


@pytest.mark.parametrize("color", COLORS)
def test_plain_object_keeps_the_hue_of_its_name(color: str) -> None:
    rng = np.random.default_rng(1)
    scene = sample_portrait(rng, ("disc", "plain"), CALM, (0.8, 0.8), color, "sand")
    pixel = draw(scene)[22:26, 22:26].reshape(-1, 3).mean(axis=0)
    distances = {name: np.abs(pixel - rgb).sum() for name, rgb in COLORS.items()}
    assert min(distances, key=lambda name: distances[name]) == color


def test_light_falls_along_its_direction() -> None:
    lit = draw(Scene((), WALL, Light(direction=0, slope=0.25, noise=0)))
    assert lit[:, -8:].mean() > lit[:, :8].mean() + 40


def test_noise_has_the_asked_standard_deviation() -> None:
    difference = draw(Scene((), WALL, replace(DARK, noise=10))) - draw(Scene((), WALL, DARK))
    assert difference.std() == pytest.approx(10, rel=0.05)


def test_object_outside_the_picture_is_not_drawn() -> None:
    far = Scene((one_object("disc", x=3.0),), WALL, DARK)
    assert (draw(far) == draw(Scene((), WALL, DARK))).all()


def test_jpeg_is_close_to_the_picture() -> None:
    scene = Scene((one_object("star", "checks"),), WALL, DARK)
    image = draw(scene).astype(np.uint8)
    read = cv2.imdecode(np.frombuffer(encode_jpeg(image), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert np.abs(read.astype(int) - image).mean() < 4
