"""Mask files of any mode: what they store, and the labels that follow."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iclip.own_data.masks.files import ColorMask, NumberMask, StoredLabels, read_mask
from tests.support.mask_folders import HEIGHT, VOC_COLORS, WIDTH, labels, write_numbers

PIXELS = labels(0)
COUNTS = {value: int(np.count_nonzero(value == PIXELS)) for value in range(3)}


def save(path: Path, image: Image.Image) -> str:
    image.save(path)
    return str(path)


@pytest.mark.parametrize("mode", ["L", "P", "I;16", "I", "LA", "RGB", "RGBA"])
def test_numbers_are_counted_in_every_mode(mode: str, tmp_path: Path):
    if mode == "I;16":
        image = Image.fromarray(PIXELS.astype(np.uint16))
    elif mode == "P":
        image = Image.fromarray(PIXELS)
        image.putpalette([part for color in VOC_COLORS for part in color])
    else:
        image = Image.fromarray(PIXELS).convert(mode)
    suffix = "tif" if mode == "I" else "png"
    content = read_mask(save(tmp_path / f"a.{suffix}", image))
    assert content.values == COUNTS
    assert (content.width, content.height) == (WIDTH, HEIGHT)
    assert content.eight_bits == (mode in ("L", "P"))
    assert content.one_channel == (mode not in ("RGB", "RGBA"))
    mask = NumberMask(content.path, {0: 7, 1: 255, 2: 9})
    assert (mask.label_map() == np.array([7, 255, 9])[PIXELS]).all()
    assert mask.label_map().dtype == np.uint8


def test_bits_are_0_and_1(tmp_path: Path):
    image = Image.fromarray((PIXELS > 0).astype(np.uint8) * 255).convert("1")
    content = read_mask(save(tmp_path / "a.png", image))
    assert content.values == {0: COUNTS[0], 1: COUNTS[1] + COUNTS[2]}
    assert set(content.colors or ()) == {(0, 0, 0), (255, 255, 255)}


def test_numbers_above_8_bits_are_kept(tmp_path: Path):
    wide = PIXELS.astype(np.uint16) * 1000
    content = read_mask(save(tmp_path / "a.png", Image.fromarray(wide)))
    assert content.values == {1000 * value: count for value, count in COUNTS.items()}
    mask = NumberMask(content.path, {0: 0, 1000: 1, 2000: 2})
    assert (mask.label_map() == PIXELS).all()


def test_colors_of_palette_are_known(tmp_path: Path):
    content = read_mask(str(write_numbers(tmp_path / "a.png", PIXELS, VOC_COLORS)))
    assert content.colors == {color: COUNTS[value] for value, color in enumerate(VOC_COLORS)}


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_colors_become_labels(mode: str, tmp_path: Path):
    colored = Image.fromarray(np.array(VOC_COLORS, np.uint8)[PIXELS])
    if mode == "P":
        colored = colored.convert("P", palette=Image.Palette.ADAPTIVE, colors=3)
    content = read_mask(save(tmp_path / "a.png", colored.convert(mode)))
    assert content.colors == {color: COUNTS[value] for value, color in enumerate(VOC_COLORS)}
    mask = ColorMask(content.path, {VOC_COLORS[0]: 4, VOC_COLORS[2]: 5})
    assert (mask.label_map() == np.array([4, 255, 5])[PIXELS]).all()


def test_stored_labels_are_read_as_they_are(tmp_path: Path):
    path = str(write_numbers(tmp_path / "a.png", PIXELS))
    assert StoredLabels(path).in_place == path
    assert (StoredLabels(path).label_map() == PIXELS).all()


def test_state_changes_with_file_and_meaning(tmp_path: Path):
    path = str(write_numbers(tmp_path / "a.png", PIXELS))
    states = [NumberMask(path, {0: 0}).state(), NumberMask(path, {0: 1}).state()]
    write_numbers(tmp_path / "a.png", np.zeros((300, 300), np.uint8))
    states.append(NumberMask(path, {0: 0}).state())
    assert len(set(states)) == 3


def image_with_many_colors(path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, "PNG")


def cut_file(path: Path) -> None:
    write_numbers(path, np.random.default_rng(0).integers(0, 9, (99, 99), dtype=np.uint8))
    path.write_bytes(path.read_bytes()[:500])


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (image_with_many_colors, "it has more than 1,024 colors: it is not a mask, or was saved"),
        (cut_file, "it cannot be decoded"),
        (lambda path: path.write_bytes(b""), "it cannot be decoded"),
        (lambda path: path.write_text("%!PS-Adobe EPSF\n%%BoundingBox: 0 0 9 9"), "decoded"),
        (
            lambda path: Image.fromarray(np.zeros((4, 4), np.float32)).save(path, "TIFF"),
            "its pixels are of mode 'F': a mask has numbers or colors",
        ),
    ],
)
def test_what_is_not_a_mask_is_refused(write, told: str, tmp_path: Path):
    write(tmp_path / "a.png")
    with pytest.raises(ValueError, match=told):
        read_mask(str(tmp_path / "a.png"))


def test_pipe_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(OSError, match="a pipe or a device"):
        read_mask(str(tmp_path / "a.png"))
