"""`preview.png`, a contact sheet: every category, and samples of every part."""

import textwrap

import cv2
import numpy as np

from iclip.toy import ade20k, kinetics, lvis
from iclip.toy.pairs import sample_pair
from iclip.toy.random_streams import Stream, generator
from iclip.toy.rendering import render
from iclip.toy.sampling import sample_portrait
from iclip.toy.scenes import Scene
from iclip.toy.vocabulary import SHAPES, TEXTURES
from iclip.toy.world import World

_WIDTH, _HEIGHT = 1440, 1700
_INK, _PAPER = (40, 40, 40), 255
_SPLIT_COLORS = {
    "seen": (130, 130, 130),
    "new_combination": (225, 110, 0),
    "new_word": (0, 80, 220),
}
# Sides in pixels of a category's cell, a pair's image and a clip's frame.
_CELL, _SAMPLE, _CLIP = 88, 144, 60
_PAIR_ROWS, _PAIR_COLUMNS, _CLIP_FRAMES = 4, 3, 5
_SCENE_SIZE = (320, 256)  # width and height


class _Sheet:
    """A white sheet for images and text."""

    def __init__(self) -> None:
        self.pixels = np.full((_HEIGHT, _WIDTH, 3), _PAPER, np.uint8)

    def paste(self, image: np.ndarray, x: int, y: int, size: tuple[int, int]) -> None:
        """Put an image (H, W, 3), resized to (width, height), at a corner (x, y)."""
        enlarged = cv2.resize(image, size, interpolation=cv2.INTER_NEAREST)
        self.pixels[y : y + size[1], x : x + size[0]] = enlarged

    def write(
        self, text: str, x: int, y: int, color: tuple[int, ...] = _INK, scale: float = 0.38
    ) -> None:
        """Write a line of text whose baseline begins at (x, y)."""
        font = cv2.FONT_HERSHEY_SIMPLEX
        cv2.putText(self.pixels, text, (x, y), font, scale, color, 1, cv2.LINE_AA)

    def frame(self, x: int, y: int, size: tuple[int, int], color: tuple[int, ...]) -> None:
        """Draw a frame around what was pasted at (x, y) in a size."""
        corners = (x - 2, y - 2), (x + size[0] + 1, y + size[1] + 1)
        cv2.rectangle(self.pixels, *corners, color, 2)


def draw_preview(world: World) -> np.ndarray:
    """Draw the contact sheet, (H, W, 3) uint8 RGB."""
    sheet = _Sheet()
    sheet.write(f"Toy world, seed {world.config.seed}", 10, 24, scale=0.6)
    _put_categories(sheet, world, 120, 66)
    _put_pairs(sheet, world, 760, 66)
    _put_lvis(sheet, world, 760, 900)
    _put_ade20k(sheet, world, 760, 1200)
    _put_kinetics(sheet, world, 10, 1510)
    return sheet.pixels


def encode_preview(world: World) -> bytes:
    """Draw the contact sheet as PNG."""
    return cv2.imencode(".png", draw_preview(world)[..., ::-1])[1].tobytes()  # RGB -> BGR


def _draw(world: World, scene: Scene, index: int, height: int, width: int) -> np.ndarray:
    """Draw a scene, (H, W, 3) uint8 RGB, with the noise of the preview's image of this index."""
    return render(scene, height, width, generator(world.config.seed, Stream.PREVIEW, index, 1))[0]


# Each of the following functions draws one block of the sheet, whose images begin at (left, top).
# All distances are in pixels.


def _put_categories(sheet: _Sheet, world: World, left: int, top: int) -> None:
    config, size = world.config, world.config.image_size
    for split, x in (("seen", 220), ("new_combination", 270), ("new_word", 400)):
        sheet.write(split.replace("_", " "), x, 24, _SPLIT_COLORS[split], 0.45)
    for column, texture in enumerate(TEXTURES):
        sheet.write(texture.replace("_", " "), left + column * (_CELL + 16) - 4, top - 12)
    for row, shape in enumerate(SHAPES):
        sheet.write(SHAPES[shape].nouns[0], 10, top + row * (_CELL + 28) + _CELL // 2)
    for index, category in enumerate(world.categories):
        x = left + list(TEXTURES).index(category.texture) * (_CELL + 16)
        y = top + list(SHAPES).index(category.shape) * (_CELL + 28)
        rng = generator(config.seed, Stream.PREVIEW, index)
        look = (category.shape, category.texture)
        scene = sample_portrait(rng, look, config.scene_style, config.object_sizes)
        sheet.paste(_draw(world, scene, index, size, size), x, y, (_CELL, _CELL))
        sheet.frame(x, y, (_CELL, _CELL), _SPLIT_COLORS[category.split])
        sheet.write(category.name, x, y + _CELL + 14, _SPLIT_COLORS[category.split])


def _put_pairs(sheet: _Sheet, world: World, left: int, top: int) -> None:
    sheet.write("Image-text pairs", left, top - 12, scale=0.45)
    size = world.config.image_size
    for index in range(_PAIR_ROWS * _PAIR_COLUMNS):
        x = left + index % _PAIR_COLUMNS * 222
        y = top + index // _PAIR_COLUMNS * (_SAMPLE + 58)
        scene, text = sample_pair(world, index)
        sheet.paste(_draw(world, scene, index, size, size), x, y, (_SAMPLE, _SAMPLE))
        for line, words in enumerate(textwrap.wrap(text, 33)):
            sheet.write(words, x, y + _SAMPLE + 14 + 13 * line, scale=0.36)


def _put_lvis(sheet: _Sheet, world: World, left: int, top: int) -> None:
    sheet.write("LVIS: outlines of what is visible, boxes, names", left, top - 8, scale=0.45)
    config, shares = world.config, lvis.category_shares(world)
    zoom = np.array(_SCENE_SIZE) / (config.scene_width, config.scene_height)
    for index in range(2):
        scene = lvis.sample_scene(world, "train", index, shares)
        rng = generator(config.seed, Stream.PREVIEW, index, 2)
        image, masks = render(scene, config.scene_height, config.scene_width, rng)
        x = left + index * (_SCENE_SIZE[0] + 10)
        sheet.paste(image, x, top, _SCENE_SIZE)
        for instance in lvis.visible_instances(world, scene, masks.instances):
            corners = [np.reshape(p, (-1, 2)) * zoom + [x, top] for p in instance.polygons]
            outlines = [np.round(points).astype(np.int32) for points in corners]
            cv2.polylines(sheet.pixels, outlines, True, (255, 0, 255), 1, cv2.LINE_AA)
            box = cv2.boundingRect(np.concatenate(outlines))
            cv2.rectangle(sheet.pixels, box, (255, 255, 255), 1)
            name = world.categories[instance.category].name
            sheet.write(name, box[0] + 2, box[1] + 11, (255, 255, 255))


def _put_ade20k(sheet: _Sheet, world: World, left: int, top: int) -> None:
    sheet.write("ADE20K: image and label map (black: no class)", left, top - 8, scale=0.45)
    config = world.config
    # Of the first scenes, one with a horizon and many objects, so that the map has many classes.
    scenes = (ade20k.sample_scene(world, "training", index) for index in range(20))
    scene = max(scenes, key=lambda s: (s.background.above is not None, len(s.objects)))
    rng = generator(config.seed, Stream.PREVIEW, 0, 3)
    image, masks = render(scene, config.scene_height, config.scene_width, rng)
    labels = ade20k.label_map(scene, masks)
    palette = np.random.default_rng(0).integers(60, 256, (len(ade20k.CLASSES) + 1, 3), np.uint8)
    palette[0] = 0  # clutter is black; the other colors are bright
    sheet.paste(image, left, top, _SCENE_SIZE)
    sheet.paste(palette[labels], left + _SCENE_SIZE[0] + 10, top, _SCENE_SIZE)
    zoom = np.array(_SCENE_SIZE[::-1]) / (config.scene_height, config.scene_width)
    for label in np.unique(labels[labels > 0]):
        y, x = (np.median(np.argwhere(labels == label), axis=0) * zoom).astype(int)
        name = ade20k.CLASSES[label - 1]
        sheet.write(name, left + _SCENE_SIZE[0] + 10 + x - 20, top + y, (0, 0, 0))


def _put_kinetics(sheet: _Sheet, world: World, left: int, top: int) -> None:
    for index, motion in enumerate(kinetics.MOTIONS):
        x = left + index % 4 * (_CLIP_FRAMES * (_CLIP + 4) + 36)
        y = top + index // 4 * (_CLIP + 34)
        sheet.write(f"Kinetics: {motion}", x, y - 6)
        frames = list(kinetics.sample_frames(world, "train", index))
        shown = np.linspace(0, len(frames) - 1, _CLIP_FRAMES).astype(int)
        for column, frame in enumerate(shown):
            sheet.paste(frames[frame], x + column * (_CLIP + 4), y, (_CLIP, _CLIP))
