"""Part 6: zero-shot classification with Swin-B: images per second, and where the time goes."""

import time
from functools import partial

import numpy as np
import torch
from PIL import Image

from iclip.benchmarks.gpu.record import Record
from iclip.benchmarks.harness.settings import Settings
from iclip.benchmarks.harness.timing import Laps, medians
from iclip.benchmarks.inputs.made_up import TINY_ARCH
from iclip.benchmarks.inputs.random_models import zero_shot_model
from iclip.zeroshot.embedding_model import ImageTextEmbedder

NAME = "zero-shot"
BATCHES, TINY_BATCHES = (64, 256, 512, 1024), (1, 2)


def run(settings: Settings, record: Record) -> None:
    """Record images per second by batch size, and the parts of the best one's time."""
    side = 56 if settings.tiny else 224
    model = zero_shot_model(TINY_ARCH if settings.tiny else "base", side, settings.device)
    rates: dict[int, float] = {}
    for batch in TINY_BATCHES if settings.tiny else BATCHES:
        what = f"batch {batch}"
        with record.attempt(NAME, what):
            images = torch.randn(batch, 3, side, side)
            encode = partial(model.encode_images, images)
            seconds, rounds = medians({what: encode}, settings, share=0.2)
            rates[batch] = batch / seconds[what]
            note = f"{side} px from the host's memory, median of {rounds}"
            record.add(NAME, what, rates[batch], "images/s", note)
        settings.free()
    with record.attempt(NAME, "where the time goes"):
        best = max(rates, key=lambda batch: rates[batch])
        _parts(best, side, model, settings, record)
        _transform(model, record)


def _parts(
    batch: int, side: int, model: ImageTextEmbedder, settings: Settings, record: Record
) -> None:
    """Time the parts of the embedding of one batch."""
    images = torch.randn(batch, 3, side, side)
    laps = Laps(settings)
    with torch.inference_mode(), settings.autocast():
        on_device = images.to(settings.device)
        laps.lap("copy to the device")
        embeds = model.network.encode_image(on_device)  # type: ignore[operator]
        laps.lap("image tower")
        embeds.float().cpu()
        laps.lap("copy back")
    for name, seconds in laps.seconds.items():
        record.add(NAME, f"{name}, batch {batch}", seconds * 1e3, "ms")


def _transform(model: ImageTextEmbedder, record: Record) -> None:
    """Time the transform of an image of a size that is common in ImageNet."""
    noise = np.random.default_rng(0).integers(0, 256, (375, 500, 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    started = time.perf_counter()
    for _ in range(10):
        model.transform(image)
    rate = 10 / (time.perf_counter() - started)
    record.add(NAME, "resize and crop, one process", rate, "images/s", "500 x 375, not decoded")
