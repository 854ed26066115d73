"""Pictures of what was retrieved: a caption above the images that a model ranks first."""

import json
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from iclip.files.atomic import write_atomically
from iclip.zeroshot.image_readers import read_image
from iclip.zeroshot.retrieval_sets import CaptionedImages

SHOWN = 5
# Two colors of Okabe and Ito's palette, which color-blind people can tell apart.
RIGHT, WRONG = "#009e73", "#d55e00"


def draw_examples(
    images: CaptionedImages,
    numbers: Sequence[int],
    image_embeds: Tensor,
    text_embeds: Tensor,
    folder: Path,
    count: int = 6,
) -> None:
    """Draw the first images for some captions, evenly spaced over the data set.

    Args:
        images: The data set.
        numbers: Number in the data set of each embedded image, (I,).
        image_embeds: Unit rows, (I, D).
        text_embeds: Unit rows of each image's first caption, (I, D).
        folder: Receives ``text_to_image_*.jpg`` and what they show, as ``predictions.json``.
        count: Number of captions.
    """
    folder.mkdir(parents=True, exist_ok=True)
    words = {}
    for row in torch.linspace(0, len(numbers) - 1, min(count, len(numbers))).long().tolist():
        # I, D @ D -> I
        best = (image_embeds @ text_embeds[row]).topk(min(SHOWN, len(numbers))).indices.tolist()
        caption = images.captions[numbers[row]][0]
        name = f"text_to_image_{numbers[row]:06}.jpg"
        pictures = [read_image(images.reader, numbers[found]) for found in best]
        _draw(folder / name, caption, pictures, [found == row for found in best])
        place = best.index(row) + 1 if row in best else None
        rank = f"the right image is number {place}" if place else f"not among the first {SHOWN}"
        words[name] = {"labels": [f"{caption}: {rank}"]}
    content = json.dumps(words, indent=1, ensure_ascii=False)
    write_atomically(folder / "predictions.json", content)


def _draw(path: Path, caption: str, pictures: list[Image.Image], right: list[bool]) -> None:
    # A dollar sign of a caption does not start a formula.
    with matplotlib.rc_context({"text.parse_math": False}):
        figure = Figure(figsize=(9.6, 2.6), dpi=100, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        figure.suptitle(caption, wrap=True, fontsize=11)
        for place, (picture, is_right) in enumerate(zip(pictures, right, strict=True), start=1):
            axes = figure.add_subplot(1, SHOWN, place)
            axes.imshow(picture)
            axes.set_xticks([])
            axes.set_yticks([])
            axes.set_xlabel(f"{place}, right" if is_right else str(place))
            for spine in axes.spines.values():
                spine.set(color=RIGHT if is_right else WRONG, linewidth=4 if is_right else 1)
        canvas.print_jpg(str(path))
