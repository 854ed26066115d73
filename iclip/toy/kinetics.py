"""Clips of one moving object, with Kinetics-style lists; the label is the motion."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np

from iclip.toy.parallel import chunks_of
from iclip.toy.random_streams import Stream, generator, pick
from iclip.toy.rendering import render
from iclip.toy.sampling import (
    sample_background,
    sample_color,
    sample_light,
    sample_object,
    uniform,
)
from iclip.toy.scenes import Look, Scene, SceneObject
from iclip.toy.world import World

SPLITS = {"train": Stream.KINETICS_TRAIN, "val": Stream.KINETICS_VAL}
FRAMES_PER_SECOND = 16

Motion = Callable[[SceneObject, float, float], SceneObject]
"""(object, progress from -0.5 to 0.5, strength from 0.8 to 1.2) -> the object at that time."""

# Over a whole clip, at a strength of 1: half the image's side, a factor of 2.2, or 170 degrees.
MOTIONS: dict[str, Motion] = {
    "moving left": lambda o, t, strength: replace(o, x=o.x - 0.5 * strength * t),
    "moving right": lambda o, t, strength: replace(o, x=o.x + 0.5 * strength * t),
    "moving up": lambda o, t, strength: replace(o, y=o.y - 0.5 * strength * t),
    "moving down": lambda o, t, strength: replace(o, y=o.y + 0.5 * strength * t),
    "growing": lambda o, t, strength: replace(o, size=o.size * 2.2 ** (strength * t)),
    "shrinking": lambda o, t, strength: replace(o, size=o.size * 2.2 ** (-strength * t)),
    "turning clockwise": lambda o, t, strength: replace(
        o, rotation=o.rotation + 170 * strength * t
    ),
    "turning counter-clockwise": lambda o, t, strength: replace(
        o, rotation=o.rotation - 170 * strength * t
    ),
}
"""The classes of the clips, in the order of their labels."""

_ROUND = (("disc", "plain"), ("disc", "rings"))  # their turning cannot be seen
# x264's settings for encoding without looking at later frames; `write_clip` says why.
NO_LOOK_AHEAD = "mbtree=0:rc-lookahead=0:scenecut=0:b-adapt=0:weightp=0"
_CHUNK = 8  # clips per task of a worker


def clip_label(index: int) -> int:
    """Return the motion of a clip; all motions are equally frequent."""
    return index % len(MOTIONS)


def clip_look(world: World, split: str, index: int) -> Look:
    """Return the shape and texture of what moves in a clip."""
    return _sample_look(world, generator(world.config.seed, SPLITS[split], index))


def _sample_look(world: World, rng: np.random.Generator) -> Look:
    looks = tuple((c.shape, c.texture) for c in world.categories)
    return pick(rng, tuple(look for look in looks if look not in _ROUND))


def sample_frames(world: World, split: str, index: int) -> Iterator[np.ndarray]:
    """Draw the frames of one clip, each (S, S, 3) uint8 RGB."""
    config = world.config
    rng = generator(config.seed, SPLITS[split], index)
    motion = tuple(MOTIONS.values())[clip_label(index)]
    subject = sample_object(
        rng,
        _sample_look(world, rng),  # the clip's first draw, on which `clip_look` relies
        sample_color(rng),
        config.scene_style,
        # Large enough to be seen, with room to move and to grow.
        size=uniform(rng, 0.4, 0.55),
        x=uniform(rng, 0.42, 0.58),
        y=uniform(rng, 0.42, 0.58),
    )
    background = sample_background(rng, config.scene_style)
    light = sample_light(rng, config.scene_style)
    strength = uniform(rng, 0.8, 1.2)
    for frame in range(config.clip_frames):
        progress = frame / max(1, config.clip_frames - 1) - 0.5
        scene = Scene((motion(subject, progress, strength),), background, light)
        yield render(scene, config.clip_size, config.clip_size, rng)[0]


def write_clip(frames: Iterator[np.ndarray], size: int, path: Path) -> None:
    """Encode frames as H.264 in mp4.

    The same frames always give the same bytes: there is one encoder thread, no version string and
    no look-ahead. x264's look-ahead reads memory beside a small frame, and what lies there changes
    from call to call: 25 encodings of one clip had 11 different contents.
    """
    with av.open(str(path), "w", container_options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND)
        stream.width = stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "18", "preset": "medium", "threads": "1", "g": "16"}
        stream.options |= {"x264-params": NO_LOOK_AHEAD}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())  # the frames that the encoder still holds


def kinetics_chunks(world: World) -> list[tuple[str, range]]:
    """Divide the clips of both splits into chunks for the workers."""
    counts = {"train": world.config.kinetics_train_clips, "val": world.config.kinetics_val_clips}
    return chunks_of(counts, _CHUNK)


def write_clips(world: World, folder: Path, split: str, chunk: range) -> int:
    """Draw some clips.

    Returns:
        The number of clips written.
    """
    (folder / "clips").mkdir(parents=True, exist_ok=True)
    for index in chunk:
        frames = sample_frames(world, split, index)
        write_clip(frames, world.config.clip_size, folder / clip_path(split, index))
    return len(chunk)


def write_lists(world: World, folder: Path) -> None:
    """Write `train.txt` and `val.txt` (path, label), and the motions' names to `labels.txt`."""
    lines: dict[str, list[str]] = {split: [] for split in SPLITS}
    for split, chunk in kinetics_chunks(world):
        lines[split] += [f"{clip_path(split, i)} {clip_label(i)}" for i in chunk]
    for split, entries in lines.items():
        (folder / f"{split}.txt").write_text("\n".join(entries) + "\n")
    (folder / "labels.txt").write_text("\n".join(MOTIONS) + "\n")


def clip_path(split: str, index: int) -> str:
    """Return where a clip lies below the folder of its part."""
    return f"clips/{split}_{index:05d}.mp4"
