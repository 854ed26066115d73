"""The model card, README.md of a pushed folder: written of what was recorded and measured only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from iclip import __version__
from iclip.checkpoints.hub_names import HubName, is_hub_name
from iclip.files.places import without_places
from iclip.hub.card_figures import Figure, figure_table
from iclip.hub.card_words import (
    BY_WORDS,
    INTENDED,
    LIMITS,
    LOADING,
    OTHER_WORDS,
    PIPELINES,
    WHAT,
)
from iclip.hub.libraries import OPEN_CLIP, TIMM, LibraryFiles
from iclip.hub.pushed_model import PushedModel
from iclip.messages import counted, listing
from iclip.models.swin.arch import ARCHITECTURES, SwinArch
from iclip.tasks import PRE_TRAINING

SHOWN_CLASSES = 20
NO_LICENSE = "unknown"


@dataclass(frozen=True)
class Card:
    """What a card says besides what the model's file says.

    Attributes:
        title: The model's name.
        license: The hub's identifier of a license, such as ``apache-2.0``.
        figures: What was measured on these weights.
        left_out: Sentences on scores of other weights.
        data: Entries ``data`` of the run in the report's JSON.
        about: Sentences of the user's own.
    """

    title: str
    license: str = NO_LICENSE
    figures: Sequence[Figure] = ()
    left_out: Sequence[str] = ()
    data: Sequence[Mapping[str, Any]] = ()
    about: str = ""


def model_card(
    model: PushedModel, card: Card, libraries: LibraryFiles, repository: str | None
) -> str:
    """Write the card, Markdown below the hub's metadata in YAML."""
    name = f"hf-hub:{repository}" if repository else "DIR"
    sections = (
        ("", _what(model, card)),
        ("Figures", _figures(card)),
        ("Training data", _data(model, card)),
        ("Loading", _loading(model, libraries, name)),
        ("Intended use", [INTENDED[model.task]]),
        ("Limits", [*LIMITS, *_limits_of_size(model)]),
        ("License", [_license_in_words(card.license)]),
    )
    lines = ["---", _metadata(model, card, libraries).rstrip(), "---", "", f"# {card.title}"]
    for title, content in sections:
        lines += ["", *([f"## {title}", ""] if title else []), *content]
    return "\n".join(lines) + "\n"


def _metadata(model: PushedModel, card: Card, libraries: LibraryFiles) -> str:
    others = [name for name in (TIMM, OPEN_CLIP) if libraries.can(name)]
    start = HubName.parse(model.start).repository if is_hub_name(model.start) else ""
    return yaml.safe_dump(
        {
            "license": card.license,
            "library_name": "iclip",
            "pipeline_tag": PIPELINES[model.task],
            "tags": ["iclip", "swin", model.task, *others],
            # The hub then lists this model among those that were made of the other.
            **({"base_model": start, "base_model_relation": "finetune"} if start else {}),
        },
        sort_keys=False,
    )


def _what(model: PushedModel, card: Card) -> Iterator[str]:
    if card.about:
        yield card.about
        yield ""
    yield f"{WHAT[model.task]} Image tower: {_tower(model)}."
    facts = _facts(model)
    if facts:
        yield ""
        yield from (f"- {name}: {value}" for name, value in facts.items())
    if model.file is not None and model.file.classes:
        names = model.file.classes
        yield ""
        yield (
            f"{counted(len(names), 'class', 'classes')}: {listing(list(names), SHOWN_CLASSES)}. "
            "`config.json` has them all."
        )
    if _is_by_words(model):
        yield ""
        yield BY_WORDS


def _is_by_words(model: PushedModel) -> bool:
    return model.file is not None and bool(model.file.class_texts)


def _tower(model: PushedModel) -> str:
    arch = dict(model.config.get("backbone") or {}).get("arch")
    if isinstance(arch, str) and arch in ARCHITECTURES:
        return f"Swin-{arch[0].upper()}"
    if isinstance(arch, Mapping):
        sizes = SwinArch.parse(dict(arch))
        blocks = ", ".join(map(str, sizes.depths))
        return f"Swin of {sizes.embed_dims} channels, blocks {blocks}"
    return "a Swin"


def _facts(model: PushedModel) -> dict[str, Any]:
    """Return what the file says of the training."""
    meta, trained = model.meta, (model.file.trained if model.file else {})
    size = sum(tensor.numel() for tensor in model.weights.values()) / 1e6
    kind = str(model.config.get("type", "")).removeprefix("iclip.")
    found = {
        "numbers in all tensors": f"{size:.1f} M",
        "method" if model.file is None else "network": kind,
        "started from": model.start or ("" if model.file is None else "random weights"),
        "samples seen in pre-training": meta.get("samples_seen"),
        "iterations": meta.get("iter") or trained.get("iteration"),
        "global batch size": meta.get("global_batch_size"),
        "image size in pixels": meta.get("image_size"),
        "written by": f"iclip {__version__}",
    }
    return {
        name: f"{value:,}" if isinstance(value, int) else value
        for name, value in found.items()
        if value not in (None, "", 0)
    }


def _figures(card: Card) -> Iterator[str]:
    if not card.figures:
        yield "Nothing was measured on these weights that this card could show."
    else:
        yield "Measured on these weights, as recorded; nothing is copied from a paper."
        yield ""
        yield from figure_table(card.figures)
    if card.left_out:
        yield ""
        yield f"Not shown: {listing(list(card.left_out), 3)}."


def _data(model: PushedModel, card: Card) -> Iterator[str]:
    entries = [entry for entry in card.data if "train" in str(entry.get("place"))]
    for entry in entries:
        numbers = ", ".join(f"{n:,} {what}" for what, n in (entry.get("counts") or {}).items())
        path = without_places(str(entry.get("path") or ""))
        yield f"- {entry['place']}: {numbers or 'not counted'} ({entry.get('reader')}, `{path}`)"
        for left in entry.get("left_out") or []:
            yield f"  - left out: {left['count']:,} {left['what']}"
    if not entries:
        yield "The run's record of its data was not there when this card was written."
    if model.task == PRE_TRAINING and model.meta.get("class_texts"):
        yield ""
        yield f"Class texts: {len(model.meta['class_texts']):,}, in `config.json`."


def _loading(model: PushedModel, libraries: LibraryFiles, name: str) -> Iterator[str]:
    yield "```python"
    yield from (line.format(name=name) for line in LOADING["iclip", model.task])
    if model.file is not None and _is_by_words(model):
        tower = model.file.text_tower or "CKPT"
        yield from (line.format(tower=tower) for line in OTHER_WORDS)
    for library in (TIMM, OPEN_CLIP):
        if libraries.can(library):
            yield ""
            yield from (
                line.format(name=name if name != "DIR" else "local-dir:DIR")
                for line in LOADING[library, ""]
            )
    yield "```"
    for library, why in libraries.reasons.items():
        yield ""
        yield f"{library} cannot load it: {why}."


def _limits_of_size(model: PushedModel) -> Iterator[str]:
    size = sum(tensor.numel() for tensor in model.weights.values())
    if size < 10e6:
        yield ""
        yield (
            f"This is a small network ({size / 1e6:.1f} M numbers), of the kind that is trained to "
            "try things out; it was not made to be useful on images from elsewhere."
        )


def _license_in_words(license: str) -> str:
    if license == NO_LICENSE:
        return "Whoever pushed these weights has stated no license; ask before you use them."
    return f"`{license}`, as stated by whoever pushed these weights. That of the data may differ."
