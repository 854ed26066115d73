"""From a class text to the sentence that the text encoder reads.

The name comes first and the description after it, so what a tokenizer cuts off at its context
length (the end; the end-of-text token stays) is description. The name survives as long as the
template and the name fit, which `classes_with_cut_name` checks.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from iclip.hashing import hash_words
from iclip.text.class_texts import ClassText

_SIMPLE = ("a photo of a {}.",)
# Where open_clip keeps the sets of the CLIP paper's repository.
_OPEN_CLIP_SETS = {
    "openai_imagenet": "OPENAI_IMAGENET_TEMPLATES",
    "openai_simple": "SIMPLE_IMAGENET_TEMPLATES",
}
_CLOSING_MARKS = " .!?"


class _TemplateSets(Mapping[str, tuple[str, ...]]):
    """Named template sets; open_clip, which takes seconds to import, is asked on a look-up only."""

    def __getitem__(self, name: str) -> tuple[str, ...]:
        if name == "simple":
            return _SIMPLE
        attribute = _OPEN_CLIP_SETS[name]
        from open_clip import zero_shot_metadata

        return tuple(fill("{}") for fill in getattr(zero_shot_metadata, attribute))

    def __iter__(self) -> Iterator[str]:
        return iter(("simple", *_OPEN_CLIP_SETS))

    def __len__(self) -> int:
        return 1 + len(_OPEN_CLIP_SETS)


TEMPLATES: Mapping[str, tuple[str, ...]] = _TemplateSets()


def select_templates(templates: str | Sequence[str]) -> tuple[str, ...]:
    """Turn a config's ``templates`` into template strings.

    Args:
        templates: Name of a set in `TEMPLATES`, or the templates themselves.

    Raises:
        ValueError: The set is unknown or empty, or a template has not exactly one ``{}``.
    """
    if isinstance(templates, str):
        if templates not in TEMPLATES:
            raise ValueError(
                f"templates={templates!r} is not a known set. Allowed: {', '.join(TEMPLATES)}, or "
                "a list of templates such as ['a photo of a {}.']."
            )
        return TEMPLATES[templates]
    if not templates:
        raise ValueError("templates=[] is empty: give one template at least.")
    for template in templates:
        _check_template(template)
    return tuple(templates)


def compose(
    text: ClassText, template: str, variant: str = "name_description", name_index: int = 0
) -> str:
    """Compose the sentence for one category.

    Args:
        text: The category.
        template: Sentence with ``{}`` where the name goes, such as ``a photo of a {}.``
        variant: ``name``: the filled template, ``a photo of a crane.``;
            ``name_description``: the description follows the name's sentence, and the template's
            closing mark moves behind it, ``a photo of a crane, large long-necked wading bird.``;
            ``description``: the description alone, ``large long-necked wading bird``.
            A category without a description gets the filled template in every variant.
        name_index: Which of the names, counted modulo their number. 0 is the usual one.

    Raises:
        ValueError: The variant is unknown, or the template has not exactly one ``{}``.
    """
    if variant not in _VARIANTS:
        raise ValueError(f"variant={variant!r} is unknown. Allowed: {', '.join(_VARIANTS)}.")
    _check_template(template)
    name = text.names[name_index % len(text.names)]
    description = text.description.rstrip(_CLOSING_MARKS)
    return _VARIANTS[variant if description else "name"](template, name, description)


def _name(template: str, name: str, description: str) -> str:
    return template.replace("{}", name)


def _name_description(template: str, name: str, description: str) -> str:
    body = template.rstrip(_CLOSING_MARKS)
    return f"{body.replace('{}', name)}, {description}{template[len(body) :].rstrip()}"


def _description(template: str, name: str, description: str) -> str:
    return description


_VARIANTS: dict[str, Callable[[str, str, str], str]] = {
    "name": _name,
    "name_description": _name_description,
    "description": _description,
}
VARIANTS = tuple(_VARIANTS)


def draw_templates(
    num_classes: int, num_templates: int, seed: int, iteration: int
) -> npt.NDArray[np.int64]:
    """Draw one template a class for one iteration.

    A pure function of (seed, iteration, class): every rank and every resumed run draws the same,
    and a class's draw does not depend on how many classes there are.

    Returns:
        Template indices in [0, num_templates), shape (num_classes,).
    """
    # A hash instead of a numpy generator, whose streams may change from one release to the next.
    bits = hash_words(seed, 0, iteration, np.arange(num_classes, dtype=np.uint64))
    return (bits % np.uint64(num_templates)).astype(np.int64)


def classes_with_cut_name(
    texts: Sequence[ClassText],
    templates: Sequence[str],
    token_counts: Callable[[list[str]], Sequence[int]],
    context_length: int,
) -> tuple[str, ...]:
    """List the classes whose name does not fit into the context with every template.

    Args:
        texts: The categories; their usual names are checked.
        templates: All that may be drawn.
        token_counts: The tokenizer's method of that name: ids needed, special ones included.
        context_length: The tokenizer's.

    Returns:
        Ids of the classes; empty if every name survives.
    """
    sentences = [compose(text, template, "name") for text in texts for template in templates]
    counts = np.asarray(token_counts(sentences)).reshape(len(texts), len(templates))
    return tuple(texts[row].id for row in np.flatnonzero(counts.max(axis=1) > context_length))


def _check_template(template: str) -> None:
    if template.count("{}") != 1:
        raise ValueError(f"the template {template!r} must hold {{}} exactly once, for the name.")
