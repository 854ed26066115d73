"""What training may show and what it never shows, for masks and clips of the toy world.

For boxes the split of the categories is all that is needed: LVIS's file has the categories
themselves. ADE20K's label maps tell shapes apart and Kinetics' labels motions; here the same scenes
and clips are labelled by look, a shape in a texture, so that all three tasks have the same new
combinations and new words. No image is drawn: maps and lists refer to those of the other parts.

Motions have no such split. Captions never speak of motion, so that a text tower that was trained on
them knows no word of one, and no text can name a new motion.
"""

from pathlib import Path

import cv2
import numpy as np

from iclip.toy import ade20k, kinetics
from iclip.toy.backgrounds import KINDS
from iclip.toy.categories import Category
from iclip.toy.random_streams import generator
from iclip.toy.rendering import Masks, render
from iclip.toy.scenes import Look, Scene
from iclip.toy.world import World

# iclip.text is imported in the functions: it loads torch, which the workers do not need.

_GROUNDS: dict[str, str] = {
    "wall": "a grey wall",  # codespell:ignore grey
    "sky": "a cloudy sky",
    "grass": "a lawn of grass",
    "sand": "sand",
    "water": "water",
    "wood": "wooden boards",
}
# In words of the captions, and no two alike: of the motions' names a tower has read "left" and
# "right" alone, and to it "growing" is the same unknown word as "shrinking".
_MOTIONS: dict[str, str] = {
    "moving left": "from right to left",
    "moving right": "from left to right",
    "moving up": "from bottom to top",
    "moving down": "from top to bottom",
    "growing": "a close view",
    "shrinking": "",
    "turning clockwise": "",
    "turning counter-clockwise": "",
}


def scene_classes(world: World) -> tuple[Category | str, ...]:
    """Return the classes 1, 2, ... of the label maps: seen looks, grounds, and the new looks.

    What training shows comes first, so that a classifier of these predicts labels of the maps.
    """
    new = (*world.split("new_combination"), *world.split("new_word"))
    return (*world.split("seen"), *KINDS, *new)


def look_map(world: World, scene: Scene, masks: Masks) -> np.ndarray:
    """Return the class of each pixel, (H, W) uint8: 0 for clutter, else 1 and up."""
    classes = enumerate(scene_classes(world), start=1)
    number_of = {c if isinstance(c, str) else (c.shape, c.texture): i for i, c in classes}
    of_objects = [number_of.get((obj.shape, obj.texture), 0) for obj in scene.objects]
    return ade20k.paint(masks, of_objects, [number_of[kind] for kind in KINDS])


def write_look_maps(world: World, folder: Path, split: str, chunk: range) -> int:
    """Write some label maps under the names of the scenes' own.

    Returns:
        The number of maps written.
    """
    maps = folder / "annotations" / split
    maps.mkdir(parents=True, exist_ok=True)
    prefix, stream = ade20k.SPLITS[split]
    for index in chunk:
        scene = ade20k.sample_scene(world, split, index)
        noise = generator(world.config.seed, stream, index, 1)
        _, masks = render(scene, world.config.scene_height, world.config.scene_width, noise)
        png = cv2.imencode(".png", look_map(world, scene, masks))[1].tobytes()
        (maps / f"{prefix}_{index + 1:08d}.png").write_bytes(png)
    return len(chunk)


def write_lists_and_texts(world: World, folder: Path) -> None:
    """Write the lists of clips by look, and the class texts of scenes and motions."""
    from iclip.text.class_texts import ClassText, write_class_texts

    _write_clip_lists(world, folder / "clips")
    texts = [
        ClassText(c, (c,), _GROUNDS[c])
        if isinstance(c, str)
        else ClassText(c.id, (c.name,), c.description)
        for c in scene_classes(world)
    ]
    trained = len(world.split("seen")) + len(KINDS)
    write_class_texts(folder / "class_texts_scenes.jsonl", texts)
    write_class_texts(folder / "class_texts_scenes_seen.jsonl", texts[:trained])
    motions = [ClassText(name, (name,), _MOTIONS[name]) for name in kinetics.MOTIONS]
    write_class_texts(folder / "class_texts_motions.jsonl", motions)


def _write_clip_lists(world: World, folder: Path) -> None:
    """Write `train.txt` and `val.txt` (path below the part `kinetics`, look) and `labels.txt`.

    Training has the seen looks alone. Its clips of new looks are validated on, besides those of
    validation: Kinetics in small has few clips.
    """
    label_of: dict[Look, int] = {(c.shape, c.texture): i for i, c in enumerate(world.categories)}
    seen = len(world.split("seen"))
    lists: dict[str, list[str]] = {"train": [], "val": []}
    for split, chunk in kinetics.kinetics_chunks(world):
        for index in chunk:
            label = label_of[kinetics.clip_look(world, split, index)]
            shown = "train" if split == "train" and label < seen else "val"
            lists[shown].append(f"{kinetics.clip_path(split, index)} {label}")
    folder.mkdir(exist_ok=True)
    for split, lines in lists.items():
        (folder / f"{split}.txt").write_text("\n".join(lines) + "\n")
    (folder / "labels.txt").write_text("\n".join(c.name for c in world.categories) + "\n")
