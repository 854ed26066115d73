"""Folders of images and masks in the forms in which annotation tools write them."""

from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 12, 8
# The colors that Pascal VOC's algorithm gives to the numbers 0, 1 and 2.
VOC_COLORS = [(0, 0, 0), (128, 0, 0), (0, 128, 0)]


def labels(seed: int, classes: int = 3) -> np.ndarray:
    """Return labels (H, W) with all classes in them."""
    drawn = np.random.default_rng(seed).integers(0, classes, (HEIGHT, WIDTH), dtype=np.uint8)
    drawn[0, :classes] = np.arange(classes)
    return drawn


def write_image(path: Path, size: tuple[int, int] = (WIDTH, HEIGHT), **settings: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (90, 120, 30)).save(path, **settings)
    return path


def write_numbers(path: Path, pixels: np.ndarray, palette: list | None = None) -> Path:
    """Write a gray PNG, or with a palette of colors, a palette PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels)
    if palette is not None:
        image.putpalette([part for color in palette for part in color])
    image.save(path)
    return path


def write_colors(path: Path, pixels: np.ndarray, colors: list) -> Path:
    """Write an RGB PNG with a color per label."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.array(colors, dtype=np.uint8)[pixels]).save(path)
    return path


def cvat_segmentation_mask(root: Path, count: int = 5) -> list[np.ndarray]:
    """CVAT's "Segmentation mask 1.1", exported with images; the labels of each image."""
    colors = [(0, 0, 0), (250, 50, 83), (51, 221, 255)]
    names = ["background", "road sign", "car"]
    drawn = [labels(seed) for seed in range(count)]
    for number, pixels in enumerate(drawn):
        write_image(root / f"JPEGImages/frame_{number:06d}.jpg")
        write_colors(root / f"SegmentationClass/frame_{number:06d}.png", pixels, colors)
        write_colors(root / f"SegmentationObject/frame_{number:06d}.png", pixels, colors)
    lines = [f"{name}:{','.join(map(str, c))}::" for name, c in zip(names, colors, strict=True)]
    (root / "labelmap.txt").write_text("\n".join(["# label:color_rgb:parts:actions", *lines, ""]))
    listed = root / "ImageSets/Segmentation/default.txt"
    listed.parent.mkdir(parents=True)
    listed.write_text("".join(f"frame_{number:06d}\n" for number in range(count)))
    return drawn


def cvat_camvid(root: Path, count: int = 5) -> list[np.ndarray]:
    """CVAT's "CamVid 1.0", exported with images; the labels of each image, of which 0 is void."""
    colors = [(0, 0, 0), (64, 128, 64), (192, 0, 128)]
    drawn = [labels(seed) for seed in range(count)]
    for number, pixels in enumerate(drawn):
        write_image(root / f"default/{number}.png")
        write_colors(root / f"defaultannot/{number}.png", pixels, colors)
    names = ["Void", "Animal", "Archway"]
    lines = [f"{' '.join(map(str, c))} {name}\n" for name, c in zip(names, colors, strict=True)]
    (root / "label_colors.txt").write_text("# color (RGB) label\n" + "".join(lines))
    pairs = [f"/default/{number}.png /defaultannot/{number}.png" for number in range(count)]
    (root / "default.txt").write_text("\n".join(pairs))
    return drawn


def roboflow_masks(root: Path) -> dict[str, list[np.ndarray]]:
    """Roboflow's "Semantic Segmentation Masks": the labels of each image by folder."""
    drawn = {"train": [labels(0), labels(1)], "valid": [labels(2)], "test": [labels(3)]}
    for part, of_part in drawn.items():
        for number, pixels in enumerate(of_part):
            name = f"IMG_{number}_jpg.rf.0a1b{number}"
            write_image(root / f"{part}/{name}.jpg")
            write_numbers(root / f"{part}/{name}_mask.png", pixels)
        (root / part / "_classes.csv").write_text(
            "Pixel Value, Class\n0, background\n1, cat\n2, dog\n"
        )
    (root / "README.roboflow.txt").write_text("exported")
    return drawn


def pascal_voc(root: Path) -> dict[str, list[np.ndarray]]:
    """Pascal VOC as torchvision unpacks it: palette PNGs with a border of 255."""
    palette = [(0, 0, 0)] * 256
    palette[:3], palette[255] = VOC_COLORS, (224, 224, 192)
    base = root / "VOCdevkit/VOC2012"
    drawn = {"train": [labels(0), labels(1)], "val": [labels(2)]}
    for part, of_part in drawn.items():
        names = [f"2007_{part}_{number}" for number in range(len(of_part))]
        for name, pixels in zip(names, of_part, strict=True):
            pixels[-1] = 255
            write_image(base / f"JPEGImages/{name}.jpg")
            write_numbers(base / f"SegmentationClass/{name}.png", pixels, palette)
        listed = base / f"ImageSets/Segmentation/{part}.txt"
        listed.parent.mkdir(parents=True, exist_ok=True)
        listed.write_text("".join(f"{name}\n" for name in names))
    write_image(base / "JPEGImages/2007_unlisted.jpg")  # has boxes only, as most of VOC's
    return drawn
