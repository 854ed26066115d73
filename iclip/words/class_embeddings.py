"""The embeddings of a table of classes, and the file that keeps them.

A text tower is needed once, to write them; a classifier that compares images with them needs none.
The file is safetensors': tensors, and texts as JSON in its metadata, so that reading it runs
nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional as F

from iclip.checkpoints.hub_names import short_name
from iclip.checkpoints.unreadable_files import missing_file
from iclip.evaluation.finite import check_finite
from iclip.files.atomic import write_atomically
from iclip.free_memory import check_memory
from iclip.messages import counted, listing, printable
from iclip.text.class_prompts import ClassPrompts
from iclip.text.class_texts import ClassTexts, class_texts_of, duplicates, plain_class_texts
from iclip.zeroshot.embedding_model import ImageTextEmbedder

PROBE = "a photo of a red fox in the snow, seen from the side."
"""The sentence by whose embedding two joint spaces are told apart."""

SAME_SPACE = 0.999
"""The least cosine of two probes of one text tower, whatever the device and the precision."""

CHUNK = 8192
"""Classes whose prompts are tokenized and embedded at a time."""

# The embeddings themselves, and two more while they are written.
_COPIES = 3
_MARK, _LAYOUT = "iclip_class_embeddings", "1"
# Largest departure of a row's length from 1: half precision keeps three digits.
_LENGTH_TOLERANCE = 1e-2
# safetensors reads no longer header.
_LONGEST_HEADER = 100_000_000


@dataclass(frozen=True)
class ClassEmbeddings:
    """Classes and where a text tower puts them in its joint space.

    Attributes:
        texts: The N classes.
        embeds: Unit rows, (N, D), on the CPU.
        probe: The text tower's embedding of :data:`PROBE`, a unit vector (D,).
        text_tower: Name of the text tower's file or model, without folders; may be empty.
        alike: Names of the classes that share their text with another one, as far as the text
            tower's vocabulary goes; known of classes that were just embedded.
    """

    texts: ClassTexts
    embeds: Tensor
    probe: Tensor
    text_tower: str = ""
    alike: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of classes N."""
        return len(self.texts)

    @property
    def names(self) -> tuple[str, ...]:
        """The usual name of each class; where several share it, with the class's id behind it."""
        shared = set(duplicates(text.names[0] for text in self.texts))
        return tuple(
            f"{text.names[0]} ({text.id})" if text.names[0] in shared else text.names[0]
            for text in self.texts
        )

    @property
    def warning(self) -> str:
        """Say which classes nothing tells apart; empty without such."""
        if not self.alike:
            return ""
        return (
            f"{counted(len(self.alike), 'class', 'classes')} of {len(self)} share their text with "
            f"another one, by the words that {self.text_tower or 'the text tower'} knows "
            f"({printable(listing(self.alike, 5))}): nothing tells them apart. Other names, or "
            "descriptions in a class-text table, may"
        )


def embed_classes(
    model: ImageTextEmbedder,
    texts: ClassTexts,
    templates: str | Sequence[str] = "simple",
    variant: str = "name_description",
) -> ClassEmbeddings:
    """Embed classes: of each, the mean over the templates.

    Args:
        model: Its text tower embeds; see :func:`iclip.zeroshot.loading.load_zero_shot_model`.
        texts: The classes.
        templates: The templates, or the name of a set in :data:`~iclip.text.prompts.TEMPLATES`.
        variant: Which parts of a class text to use, see :func:`~iclip.text.prompts.compose`.

    Raises:
        ValueError: A class's name is longer than the context, the templates are unknown or
            malformed, embeddings are not finite, or they would not fit into memory.
    """
    assert model.tokenizer is not None, "checked when the model was loaded"
    probe = probe_of(model)
    check_memory(
        _COPIES * len(texts) * probe.nbytes,
        f"a vocabulary of {len(texts):,} classes and {len(probe)} dimensions",
        "divide it, and embed one part at a time",
    )
    embeds = torch.empty(len(texts), len(probe))
    read: list[str] = []  # what the text tower reads of each class, in one template
    for start in range(0, len(texts), CHUNK):
        prompts = ClassPrompts(texts[start : start + CHUNK], model.tokenizer, templates, variant)
        embeds[start : start + CHUNK] = model.class_embeds(prompts)
        rows = prompts.rows_in_template(0)
        read += [ids.tobytes().hex() for ids in np.split(rows.ids, rows.lengths.cumsum()[:-1])]
    found, shared = ClassEmbeddings(texts, embeds, probe, short_name(model.name)), duplicates(read)
    is_shared = map(set(shared).__contains__, read)
    return replace(found, alike=tuple(compress(found.names, is_shared)))


def probe_of(model: ImageTextEmbedder) -> Tensor:
    """Embed :data:`PROBE`, which names a model's joint space: a unit vector, (D,)."""
    (probe,) = model.encode_texts([PROBE])
    # A tensor of torch's inference mode could not be filled from a state dict.
    return probe.clone()


def in_one_space(first: Tensor, second: Tensor) -> bool:
    """Tell from two probes, (D,) each, whether their text towers share a joint space."""
    if first.shape != second.shape:
        return False
    cosine = F.cosine_similarity(first.double().cpu(), second.double().cpu(), dim=0)
    return float(cosine) >= SAME_SPACE


def check_several(embeddings: ClassEmbeddings) -> None:
    """Refuse a single class, for models that say which one of the classes a thing is.

    Raises:
        ValueError: There is no other class.
    """
    if len(embeddings) == 1:
        (name,) = embeddings.names
        raise ValueError(
            f"{name!r} is the only class, and this model says which of the classes it sees: it "
            f'would see nothing else. Name what it is to be told from, such as "{name}, background"'
        )


def write_class_embeddings(path: str | Path, embeddings: ClassEmbeddings) -> None:
    """Write class embeddings, whole or not at all.

    Raises:
        OSError: The file could not be written.
        ValueError: The texts are longer than such a file may hold.
    """
    texts = json.dumps(plain_class_texts(embeddings.texts))
    if len(texts) > _LONGEST_HEADER // 2:  # JSON in JSON: a quote becomes two characters
        raise ValueError(
            f"{path}: the texts of {len(embeddings):,} classes take {len(texts) / 1e6:,.0f} MB, "
            f"and a file of class embeddings holds {_LONGEST_HEADER // 2 / 1e6:,.0f} MB; divide "
            "the table"
        )
    tensors = {
        "class_embeds": embeddings.embeds.float().contiguous(),
        "probe": embeddings.probe.float().contiguous(),
    }
    metadata = {_MARK: _LAYOUT, "class_texts": texts, "text_tower": embeddings.text_tower}
    # transformers demands the format.
    write_atomically(Path(path), save(tensors, {"format": "pt", **metadata}))


def read_class_embeddings(path: str | Path) -> ClassEmbeddings:
    """Read class embeddings that :func:`write_class_embeddings` wrote.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged, or not a file of class embeddings.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(missing_file(path))
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{path} cannot be read as safetensors: {error}") from error
    if metadata.get(_MARK) != _LAYOUT:
        raise ValueError(
            f"{path} is not a file of class embeddings of layout {_LAYOUT} (its metadata has "
            f"{_MARK}={metadata.get(_MARK)!r}). iclip words writes one"
        )
    texts = _texts(metadata.get("class_texts", ""), path)
    embeds, probe = _checked_tensors(tensors, len(texts), path)
    return ClassEmbeddings(texts, embeds, probe, metadata.get("text_tower", ""))


def _texts(stored: str, path: Path) -> ClassTexts:
    try:
        return class_texts_of(json.loads(stored))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged: its class texts cannot be read: {error}") from error


def _checked_tensors(
    tensors: dict[str, Tensor], num_classes: int, path: Path
) -> tuple[Tensor, Tensor]:
    """Return a file's embeddings (N, D) and probe (D,), float32, once they are what they should."""
    embeds, probe = tensors.get("class_embeds"), tensors.get("probe")
    if (
        embeds is None
        or probe is None
        or embeds.ndim != 2
        or embeds.shape != (num_classes, len(probe))
    ):
        shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
        raise ValueError(
            f"{path} is damaged: it holds the tensors {shapes} for {num_classes} classes, and "
            "should hold class_embeds (N, D) and probe (D,)"
        )
    rows = torch.cat([embeds.float(), probe.float()[None]])  # N + 1, D
    check_finite(rows, f"embeddings of {path}")
    lengths = rows.norm(dim=1)
    if (lengths - 1).abs().max() > _LENGTH_TOLERANCE:
        raise ValueError(
            f"{path} is damaged: its embeddings are of length {lengths.min():.3g} to "
            f"{lengths.max():.3g}, and should be unit vectors"
        )
    return embeds.float(), probe.float()
