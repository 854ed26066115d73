"""Times of zero-shot classification by the hub and by clip_benchmark, with one model."""

import statistics
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from iclip.benchmarks.peers import clip_benchmark as peer
from iclip.benchmarks.peers.clip_benchmark_parity import ROUNDING
from iclip.benchmarks.settings import Settings
from iclip.benchmarks.timing import Laps
from iclip.text.class_texts import ClassText, ClassTexts
from iclip.zeroshot.cached_embeddings import embed
from iclip.zeroshot.class_folders import class_folders
from iclip.zeroshot.classification import evaluate_set
from iclip.zeroshot.classification_sets import ImageSet
from iclip.zeroshot.embedding_model import ImageTextEmbedder

FIRST, SECOND = ("a photo of a {}.",), ("art of the {}.",)
OURS, AGAIN, THEIRS = "iclip", "second prompts", "clip_benchmark"


def measure(
    model: ImageTextEmbedder, folder: Path, classes: int, settings: Settings,
    batch_size: int, workers: int,
) -> tuple[dict[str, float], int]:  # fmt: skip
    """Measure the median seconds of the evaluations, which take turns.

    The hub's second evaluation, with other prompts, finds the images' embeddings kept; the others
    compute everything.

    Args:
        model: The model, on the CPU.
        folder: A folder per class.
        classes: Number of folders to take.
        settings: The number of rounds.
        batch_size: Images at a time.
        workers: Processes that decode.

    Returns:
        Seconds by :data:`OURS`, :data:`AGAIN` and :data:`THEIRS`, and the number of images.
    """
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())[:classes]
    loading: dict[str, Any] = dict(batch_size=batch_size, workers=workers)
    rounds: list[dict[str, float]] = []
    with TemporaryDirectory() as made:
        images = _first_classes(folder, names, Path(made) / "images")
        again = ImageSet(images.labelled, images.class_texts, SECOND, "top-1", "all")
        for number in range(settings.rounds + 1):
            cache = Path(made) / f"cache{number}"
            laps = Laps(settings)
            ours = evaluate_set(model, images, embed(model, images.reader, cache, **loading))
            laps.lap(OURS)
            evaluate_set(model, again, embed(model, again.reader, cache, **loading))
            laps.lap(AGAIN)
            theirs = peer.classify(model, images.labelled, names, FIRST, **loading)
            laps.lap(THEIRS)
            assert abs(ours.score - theirs["top-1"]) < ROUNDING
            rounds.append(laps.seconds)
    # The first round is the warm-up.
    medians = {name: statistics.median(laps[name] for laps in rounds[1:]) for name in rounds[0]}
    return medians, len(images.reader)


def _first_classes(folder: Path, names: list[str], made: Path) -> ImageSet:
    """Link the folders of the first classes into a new folder, and make a data set of them."""
    made.mkdir()
    for name in names:
        (made / name).symlink_to((folder / name).resolve())
    texts = ClassTexts([ClassText(name, (name,), "") for name in names])
    return ImageSet(class_folders(made, texts), texts, FIRST, "top-1", "all")
