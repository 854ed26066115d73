"""The settings of a toy world and what follows from them."""

import json
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from typing import Any

import av
import cv2
import numpy as np

from iclip.toy.captions import CaptionStyle
from iclip.toy.categories import Category, Split, make_categories
from iclip.toy.scenes import Look, SceneStyle
from iclip.toy.vocabulary import COLORS, GROUNDS, SHAPES, TEXTURES

FORMAT_VERSION = 2
"""Increased whenever the same settings would draw other bytes."""

_MAX_SIDE = 256  # half a background tile
_MAX_RETRIEVAL_IMAGES = 1500  # more than enough looks that differ
_MAX_PAIRS_PER_SHARD = 10_000  # four digits of the key


def _setting(default: Any, text: str) -> Any:
    """Declare a setting with its default and the help of its option."""
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class WorldConfig:
    """The settings of a toy world; each is an option of `tools/make_toy_data.py`.

    Raises:
        ValueError: A setting is outside its range.
    """

    seed: int = _setting(0, "world seed; it also decides names and held-out categories")
    image_size: int = _setting(48, "side of labelled, pair and retrieval images in pixels")
    labelled_per_class: int = _setting(240, "labelled training images of each seen category")
    val_per_class: int = _setting(20, "labelled validation images of each category")
    pairs: int = _setting(24_000, "number of image-text pairs")
    pairs_per_shard: int = _setting(2_000, "pairs in one tar shard")
    retrieval_images: int = _setting(1_000, "retrieval images, each with five full captions")
    new_word_shapes: int = _setting(2, "shapes that are never labelled, in no texture")
    pairs_without_new_combinations: bool = _setting(
        False, "keep new combinations out of the pairs (control experiment)"
    )
    caption_name_rate: float = _setting(
        0.1, "share of seen categories' objects that captions call by the opaque name"
    )
    caption_colour_rate: float = _setting(0.55, "share of objects whose color the caption says")
    caption_texture_rate: float = _setting(0.8, "share of objects whose texture the caption says")
    caption_ground_rate: float = _setting(0.4, "share of captions that may name the background")
    caption_position_rate: float = _setting(
        0.5, "share of captions of two objects that say left, right, above or below"
    )
    one_object_rate: float = _setting(0.6, "share of pair and retrieval images with one object")
    two_object_rate: float = _setting(
        0.3, "share of pair images with two objects; the rest have three"
    )
    min_object_size: float = _setting(0.5, "smallest side of a single object, of the image side")
    max_object_size: float = _setting(0.85, "largest side of a single object, of the image side")
    rotation: float = _setting(25.0, "largest turn of an object in degrees, to either side")
    distractor_rate: float = _setting(
        0.3, "share of images with an unnamed lump behind the objects"
    )
    occlusion_rate: float = _setting(0.2, "share of images with a lump before an edge of an object")
    horizon_rate: float = _setting(
        0.25, "share of images with a horizon, where the ground allows one"
    )
    noise: float = _setting(12.0, "largest standard deviation of sensor noise, in gray levels")
    lvis_train_images: int = _setting(400, "LVIS training images")
    lvis_val_images: int = _setting(150, "LVIS validation images")
    ade20k_train_images: int = _setting(200, "ADE20K training images")
    ade20k_val_images: int = _setting(80, "ADE20K validation images")
    scene_width: int = _setting(160, "width of LVIS and ADE20K images in pixels")
    scene_height: int = _setting(128, "height of LVIS and ADE20K images in pixels")
    kinetics_train_clips: int = _setting(160, "Kinetics training clips")
    kinetics_val_clips: int = _setting(48, "Kinetics validation clips")
    clip_frames: int = _setting(32, "frames in one clip")
    clip_size: int = _setting(64, "side of a clip in pixels")

    def __post_init__(self) -> None:
        for setting in fields(self):
            _check_setting(setting.name, getattr(self, setting.name), setting.type)
        _check_range("new_word_shapes", self.new_word_shapes, 0, len(SHAPES) - 2)
        _check_range("retrieval_images", self.retrieval_images, 0, _MAX_RETRIEVAL_IMAGES)
        _check_range("pairs_per_shard", self.pairs_per_shard, 1, _MAX_PAIRS_PER_SHARD)
        for name in ("image_size", "scene_width", "scene_height", "clip_size"):
            _check_range(name, getattr(self, name), 16, _MAX_SIDE)
        if self.clip_size % 2:
            raise ValueError(
                f"--clip-size {self.clip_size} is odd, which H.264 cannot store: take an even size"
            )
        if self.min_object_size > self.max_object_size:
            raise ValueError(
                f"--min-object-size {self.min_object_size} is above --max-object-size "
                f"{self.max_object_size}: lower the first or raise the second"
            )
        if self.one_object_rate + self.two_object_rate > 1:
            raise ValueError(
                f"--one-object-rate {self.one_object_rate} and --two-object-rate "
                f"{self.two_object_rate} add up to more than 1: lower one of them"
            )

    @property
    def scene_style(self) -> SceneStyle:
        """How much scenes vary."""
        return SceneStyle(
            self.rotation, self.distractor_rate, self.occlusion_rate, self.horizon_rate, self.noise
        )

    @property
    def object_sizes(self) -> tuple[float, float]:
        """Range of a single object's size."""
        return self.min_object_size, self.max_object_size


def _flag(name: str) -> str:
    """Return a setting's option on the command line."""
    return "--" + name.replace("_", "-")


def _check_setting(name: str, value: Any, kind: Any) -> None:
    """Check what a setting's type and name imply: counts are positive, rates are shares."""
    if kind is int:
        _check_range(name, value, 0 if name in ("seed", "new_word_shapes") else 1, None)
    elif name.endswith(("_rate", "_object_size")):
        _check_range(name, value, 0, 1)
    elif kind is float:
        _check_range(name, value, 0, 180)  # degrees, or gray levels of noise


def _check_range(name: str, value: float, low: float, high: float | None) -> None:
    if value < low or (high is not None and value > high):
        allowed = f"at least {low}" if high is None else f"from {low} to {high}"
        raise ValueError(f"{_flag(name)} {value} is not allowed: give a value {allowed}")


@dataclass(frozen=True)
class World:
    """A world's settings and its categories."""

    config: WorldConfig

    @cached_property
    def categories(self) -> tuple[Category, ...]:
        """All categories: seen, new combinations, new words."""
        return make_categories(self.config.seed, self.config.new_word_shapes)

    def split(self, name: Split) -> tuple[Category, ...]:
        """Return the categories of one split, in the order of the class-text table."""
        return tuple(c for c in self.categories if c.split == name)

    @cached_property
    def pair_looks(self) -> tuple[Look, ...]:
        """Shape and texture of everything that pairs may show."""
        hidden = "new_combination" if self.config.pairs_without_new_combinations else None
        return tuple((c.shape, c.texture) for c in self.categories if c.split != hidden)

    @cached_property
    def caption_style(self) -> CaptionStyle:
        """How the captions of pairs are written; only seen categories are called by their names."""
        config = self.config
        return CaptionStyle(
            color_rate=config.caption_colour_rate,
            texture_rate=config.caption_texture_rate,
            ground_rate=config.caption_ground_rate,
            position_rate=config.caption_position_rate,
            name_rate=config.caption_name_rate,
            names={(c.shape, c.texture): c.name for c in self.split("seen")},
        )

    def to_json(self) -> str:
        """Return the text of `world.json`: version, settings, words and categories."""
        record = {
            "version": FORMAT_VERSION,
            "drawn_with": {
                "numpy": np.__version__,
                "opencv": cv2.__version__,
                "av": av.__version__,
            },
            "seed": self.config.seed,
            "config": asdict(self.config),
            "vocabulary": {
                "shapes": {key: asdict(words) for key, words in SHAPES.items()},
                "textures": {key: asdict(words) for key, words in TEXTURES.items()},
                "colours": COLORS,  # codespell:ignore colours
                "grounds": GROUNDS,
            },
            "categories": [category.to_json() for category in self.categories],
        }
        return json.dumps(record, indent=1) + "\n"
