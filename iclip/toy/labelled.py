"""Labelled images of the toy world, in one folder per category."""

from pathlib import Path

from iclip.toy.categories import Category
from iclip.toy.random_streams import Stream, generator
from iclip.toy.rendering import encode_jpeg, render
from iclip.toy.sampling import sample_portrait
from iclip.toy.world import World

FOLDERS = {
    "seen": "val",
    "new_combination": "val_new_combination",
    "new_word": "val_new_word",
}
"""Validation folder per split."""


def labelled_folders(world: World) -> list[tuple[str, int]]:
    """Return the folders to draw: (training or validation folder, index of the category)."""
    folders = [("train", i) for i in range(len(world.split("seen")))]
    return folders + [(FOLDERS[c.split], i) for i, c in enumerate(world.categories)]


def write_folder(world: World, folder: Path, split_folder: str, index: int) -> int:
    """Draw all images of one category in one split.

    Args:
        world: The world.
        folder: The root of the labelled images.
        split_folder: `train` or a value of `FOLDERS`.
        index: Index of the category.

    Returns:
        The number of images written.
    """
    category = world.categories[index]
    train = split_folder == "train"
    count = world.config.labelled_per_class if train else world.config.val_per_class
    stream = Stream.LABELLED_TRAIN if train else Stream.LABELLED_VAL
    target = folder / split_folder / category.id
    target.mkdir(parents=True)
    for number in range(count):
        image = _draw(world, category, stream, (index, number))
        (target / f"{category.id}_{number:05d}.jpg").write_bytes(image)
    return count


def _draw(world: World, category: Category, stream: Stream, position: tuple[int, int]) -> bytes:
    """Draw the image of a category at (index of the category, number), as JPEG."""
    config = world.config
    rng = generator(config.seed, stream, *position)
    look = (category.shape, category.texture)
    scene = sample_portrait(rng, look, config.scene_style, config.object_sizes)
    image, _ = render(scene, config.image_size, config.image_size, rng)
    return encode_jpeg(image)
