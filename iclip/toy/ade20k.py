"""Segmentation scenes of the toy world, in the folders and label maps of ADEChallengeData2016."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from iclip.toy.backgrounds import KINDS
from iclip.toy.parallel import chunks_of
from iclip.toy.random_streams import Stream, generator, pick
from iclip.toy.rendering import SUPERSAMPLING, Masks, encode_jpeg, render
from iclip.toy.sampling import sample_crowd
from iclip.toy.scenes import Scene
from iclip.toy.vocabulary import SHAPES
from iclip.toy.world import World

SPLITS = {
    "training": ("ADE_train", Stream.ADE20K_TRAINING),
    "validation": ("ADE_val", Stream.ADE20K_VALIDATION),
}
CLASSES: tuple[str, ...] = (*(words.nouns[0] for words in SHAPES.values()), *KINDS)
"""Names of the classes 1, 2, ...: the shapes, then the grounds. 0 is clutter."""

_OBJECTS = (2, 5)  # least and most objects of a scene
_SIZES = (0.3, 0.6)  # of the image's shorter side
_HORIZON_RATE = 0.7  # high, so that many maps have two grounds
_CLUTTER_RATE = 0.5  # high, so that many maps have pixels without a class
_CHUNK = 20  # images per task of a worker


def sample_scene(world: World, split: str, index: int) -> Scene:
    """Sample one scene; horizons and unlabelled lumps are frequent."""
    config = world.config
    rng = generator(config.seed, SPLITS[split][1], index)
    count = int(rng.integers(_OBJECTS[0], _OBJECTS[1] + 1))
    all_looks = tuple((c.shape, c.texture) for c in world.categories)
    style = replace(
        config.scene_style,
        horizon_rate=_HORIZON_RATE,
        distractor_rate=_CLUTTER_RATE,
        occlusion_rate=_CLUTTER_RATE,
    )
    looks = [pick(rng, all_looks) for _ in range(count)]
    return sample_crowd(rng, looks, style, _SIZES, config.scene_width / config.scene_height)


def label_map(scene: Scene, masks: Masks) -> np.ndarray:
    """Return the class of each pixel of the image, (H, W) uint8: 0 for clutter, else 1 and up."""
    class_of = {shape: i for i, shape in enumerate(SHAPES, start=1)}
    grounds = range(len(SHAPES) + 1, len(CLASSES) + 1)
    return paint(masks, [class_of.get(obj.shape, 0) for obj in scene.objects], grounds)


def paint(masks: Masks, of_objects: Sequence[int], of_grounds: Sequence[int]) -> np.ndarray:
    """Give each pixel of the image the class of what is visible there.

    Args:
        masks: The masks of the scene, on the canvas.
        of_objects: The class of each object of the scene.
        of_grounds: The class of each of `backgrounds.KINDS`.

    Returns:
        (H, W) uint8.
    """
    # The image's pixels are every second one of the canvas, in each row and column.
    step = SUPERSAMPLING
    numbers, grounds = masks.instances[::step, ::step], masks.grounds[::step, ::step]
    # Object k - 1 has the number k. Number 0 is the background, whose label the last line sets.
    labels = np.array([0, *of_objects], np.uint8)[numbers]
    return np.where(numbers == 0, np.array(of_grounds, np.uint8)[grounds], labels)


def ade20k_chunks(world: World) -> list[tuple[str, range]]:
    """Divide the images of both splits into chunks for the workers."""
    config = world.config
    counts = {"training": config.ade20k_train_images, "validation": config.ade20k_val_images}
    return chunks_of(counts, _CHUNK)


def write_scenes(world: World, folder: Path, split: str, chunk: range) -> int:
    """Draw some images and their label maps.

    Returns:
        The number of images written.
    """
    images, annotations = folder / "images" / split, folder / "annotations" / split
    images.mkdir(parents=True, exist_ok=True)
    annotations.mkdir(parents=True, exist_ok=True)
    prefix, stream = SPLITS[split]
    for index in chunk:
        scene = sample_scene(world, split, index)
        noise = generator(world.config.seed, stream, index, 1)
        image, masks = render(scene, world.config.scene_height, world.config.scene_width, noise)
        name = f"{prefix}_{index + 1:08d}"
        (images / f"{name}.jpg").write_bytes(encode_jpeg(image))
        png = cv2.imencode(".png", label_map(scene, masks))[1].tobytes()
        (annotations / f"{name}.png").write_bytes(png)
    return len(chunk)


def write_object_info(world: World, folder: Path) -> None:
    """Write the table of classes: index, share of pixels, images per split, stuff, name."""
    image_counts = {split: np.zeros(len(CLASSES) + 1, int) for split in SPLITS}
    pixels = np.zeros(len(CLASSES) + 1, int)
    for split in SPLITS:
        for path in sorted((folder / "annotations" / split).glob("*.png")):
            labels = np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED))
            counts = np.bincount(labels.ravel(), minlength=len(pixels))
            image_counts[split] += counts > 0
            pixels += counts
    lines = ["Idx\tRatio\tTrain\tVal\tStuff\tName"]
    for index, name in enumerate(CLASSES, start=1):
        ratio = pixels[index] / pixels.sum()
        train, val = image_counts["training"][index], image_counts["validation"][index]
        lines.append(f"{index}\t{ratio:.4f}\t{train}\t{val}\t{int(name in KINDS)}\t{name}")
    (folder / f"objectInfo{len(CLASSES)}.txt").write_text("\n".join(lines) + "\n")
