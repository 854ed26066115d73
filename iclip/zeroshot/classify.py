"""Zero-shot classification of a data set, from kept embeddings."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from iclip.text.class_texts import ClassTexts
from iclip.text.prompts import compose
from iclip.zeroshot.embeddings import embed, folder_fingerprint
from iclip.zeroshot.image_sets import SUITES, ImageSet
from iclip.zeroshot.metrics import METRICS, confusion
from iclip.zeroshot.models import ZeroShotModel

# Larger confusions would dominate the file.
MOST_CLASSES_OF_A_CONFUSION = 200


def class_weights(
    model: ZeroShotModel, class_texts: ClassTexts, templates: Any, variant: str
) -> Tensor:
    """Mean of the templates' unit embeddings, of unit length again (CLIP, section 3.1.4): (C, D).

    Args:
        model: Its text tower is used.
        class_texts: The classes.
        templates: With ``{}`` for the name.
        variant: See :func:`iclip.text.prompts.compose`.
    """
    texts = [compose(text, template, variant) for text in class_texts for template in templates]
    embeds = model.encode_texts(texts).view(len(class_texts), len(templates), -1)
    return F.normalize(embeds.mean(dim=1), dim=-1)


def set_fingerprint(images: ImageSet, folder: Path) -> str:
    """Tell a data set of a folder from others, and from other parts of it."""
    return folder_fingerprint(folder) + images.split


def evaluate_set(
    model: ZeroShotModel,
    images: ImageSet,
    folder: Path,
    cache: Path,
    *,
    variant: str = "name_description",
    batch_size: int | None = None,
    workers: int = 0,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Classify a data set.

    Returns:
        ``metric``, ``value`` in percent, ``split``, ``images``, ``classes``, ``broken``,
        ``seconds``, and ``confusion`` for few classes.

    Raises:
        ValueError: No image could be read.
    """
    started = time.monotonic()
    embedded = embed(
        model, images.pictures, set_fingerprint(images, folder), cache,
        batch_size, workers, progress,
    )  # fmt: skip
    weights = class_weights(model, images.class_texts, images.templates, variant)
    scores = torch.from_numpy(np.array(embedded.embeds)) @ weights.T
    result: dict[str, Any] = {
        "metric": images.metric,
        "value": METRICS[images.metric](scores.numpy(), embedded.labels),
        "split": images.split,
        "images": len(embedded.embeds),
        "classes": len(images.class_texts),
        "broken": list(embedded.broken),
        "seconds": round(time.monotonic() - started, 2),
    }
    if embedded.labels.ndim == 1 and len(images.class_texts) <= MOST_CLASSES_OF_A_CONFUSION:
        names = [text.names[0] for text in images.class_texts]
        result["confusion"] = {
            "names": names, "counts": confusion(scores.numpy(), embedded.labels),
        }  # fmt: skip
    return result


def open_suite(
    suite: str, data_root: Path, only: list[str] | None = None
) -> tuple[dict[str, tuple[ImageSet, Path]], list[str]]:
    """Open what is there of a suite.

    Returns:
        By name the data sets with their folders, and a line for each that is missing.

    Raises:
        ValueError: Suite or data set is unknown.
    """
    entries = chosen_entries(suite, only)
    found, missing = {}, []
    for name, entry in entries.items():
        folder = data_root / entry.folder
        try:
            if not folder.is_dir():
                raise FileNotFoundError("no such folder")
            found[name] = entry.open(folder), folder
        except (OSError, RuntimeError, ValueError, KeyError, IndexError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            missing.append(f"{name}: {folder} ({entry.layout}): {reason}")
    return found, missing


def chosen_entries(suite: str, only: list[str] | None) -> Mapping[str, Any]:
    """The entries of a suite, all or the named ones.

    Raises:
        ValueError: Suite or data set is unknown.
    """
    if suite not in SUITES:
        raise ValueError(f"--suite {suite} is unknown; there are {', '.join(SUITES)}")
    entries = SUITES[suite]
    unknown = [name for name in only or () if name not in entries]
    if unknown:
        raise ValueError(
            f"--datasets {','.join(unknown)}: the suite {suite} has {', '.join(entries)}"
        )
    return {name: entries[name] for name in only or entries}
