"""Zero-shot classification of one set of images by the hub and by clip_benchmark, call by call."""

from itertools import count
from pathlib import Path
from typing import Any

from iclip.benchmarks.peers import clip_benchmark as peer
from iclip.zeroshot.cached_embeddings import embed
from iclip.zeroshot.classification import evaluate_set
from iclip.zeroshot.classification_sets import ImageSet
from iclip.zeroshot.embedding_model import ImageTextEmbedder

OTHER_TEMPLATES = ("art of the {}.",)


class Classification:
    """The same evaluation by both, and the hub's second one with other prompts.

    Args:
        model: The model, on the CPU.
        images: The images and their classes.
        caches: Folder for the kept embeddings.
        batch_size: Images at a time.
        workers: Processes that decode.
    """

    def __init__(
        self, model: ImageTextEmbedder, images: ImageSet, caches: Path, batch_size: int = 32,
        workers: int = 0,
    ) -> None:  # fmt: skip
        self.model, self.images = model, images
        self.again = ImageSet(
            images.labelled, images.class_texts, OTHER_TEMPLATES, images.metric, images.split
        )
        self._loading: dict[str, Any] = dict(batch_size=batch_size, workers=workers)
        self._caches = (caches / f"cache{number}" for number in count())
        self._cache = next(self._caches)

    def ours(self) -> float:
        """Evaluate with nothing kept; return top-1 in percent."""
        self._cache = next(self._caches)
        return self._evaluate(self.images)

    def with_other_prompts(self) -> float:
        """Evaluate other prompts on the embeddings that the last evaluation has kept."""
        return self._evaluate(self.again)

    def theirs(self) -> float:
        """Evaluate by clip_benchmark; return top-1 in percent."""
        names = [text.names[0] for text in self.images.class_texts]
        found = peer.classify(
            self.model, self.images.labelled, names, self.images.templates, **self._loading
        )
        return found["top-1"]

    def _evaluate(self, images: ImageSet) -> float:
        embedded = embed(self.model, images.reader, self._cache, **self._loading)
        return evaluate_set(self.model, images, embedded).score
