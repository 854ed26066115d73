"""From a class text to the prompt that the text encoder reads.

The name precedes the description, so a tokenizer cuts the end of the description at its context
length (the end-of-text token stays). The name is complete if the template and the name fit, which
`classes_with_cut_name` checks.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from iclip.hashing import hash_words
from iclip.text.class_texts import ClassText

_SIMPLE = ("a photo of a {}.",)
# Sets of the CLIP paper's repository, by the names that open_clip has for them.
_OPEN_CLIP_SETS = {
    "openai_imagenet": "OPENAI_IMAGENET_TEMPLATES",
    "openai_simple": "SIMPLE_IMAGENET_TEMPLATES",
}
# Removed from the end of a template, and put back behind the description.
_CLOSING_MARKS = " .!?"


class _TemplateSets(Mapping[str, tuple[str, ...]]):
    """Named template sets; a look-up imports open_clip, which takes seconds."""

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
        ValueError: The set is unknown or empty, or a template does not have exactly one ``{}``.
    """
    if isinstance(templates, str):
        if templates not in TEMPLATES:
            raise ValueError(
                f"templates={templates!r} is not a known set. Allowed: {', '.join(TEMPLATES)}, or "
                "a list of templates such as ['a photo of a {}.']"
            )
        return TEMPLATES[templates]
    if not templates:
        raise ValueError("templates=[] is empty: give one template at least")
    for template in templates:
        _check_template(template)
    return tuple(templates)


def compose(text: ClassText, template: str, variant: str = "name_description") -> str:
    """Compose the prompt of one class from its usual name and its description.

    Args:
        text: The class text.
        template: Text with ``{}`` in place of the name, such as ``a photo of a {}.``
        variant: ``name``: the filled template, ``a photo of a crane.``;
            ``name_description``: the description follows the filled template, and the template's
            closing mark moves behind it, ``a photo of a crane, large long-necked wading bird.``;
            ``description``: the description alone, ``large long-necked wading bird``.
            A class without a description gets the filled template in every variant.

    Raises:
        ValueError: The variant is unknown, or the template does not have exactly one ``{}``.
    """
    if variant not in _VARIANTS:
        raise ValueError(f"variant={variant!r} is unknown. Allowed: {', '.join(_VARIANTS)}")
    _check_template(template)
    description = bare_description(text)
    return _VARIANTS[variant if description else "name"](template, text.names[0], description)


def bare_description(text: ClassText) -> str:
    """Return a class's description without closing marks; the template brings its own."""
    return text.description.rstrip(_CLOSING_MARKS)


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


class PromptParts(NamedTuple):
    """What stands between blanks in the prompts of one template; empty: is not there.

    The prompt is what `compose` makes of the same template, if the parts are joined by blanks, and
    blanks in a row count as one.

    Attributes:
        head: The template's words before the name.
        name: ``{}`` for the name, and what touches it: ``{},``
        tail: The template's words behind the name.
        description: ``{}`` for `bare_description`, and the closing mark: ``{}.``
    """

    head: str
    name: str
    tail: str
    description: str


def prompt_parts(template: str, variant: str) -> PromptParts:
    """Cut a template into parts, see `compose`, for classes that have what the variant reads."""
    if variant == "description":
        return PromptParts("", "", "", "{}")
    body, description = template, ""
    if variant == "name_description":
        body = template.rstrip(_CLOSING_MARKS)
        description = "{}" + template[len(body) :].rstrip()
        body += ","
    before, behind = body.split("{}")
    # Words that no blank separates from the name belong to its part.
    head, tail = before.split(), behind.split()
    touches_before = head.pop() if head and not before[-1].isspace() else ""
    touches_behind = tail.pop(0) if tail and not behind[0].isspace() else ""
    name = f"{touches_before}{{}}{touches_behind}"
    return PromptParts(" ".join(head), name, " ".join(tail), description)


def draw_templates(
    num_classes: int, num_templates: int, seed: int, iteration: int
) -> npt.NDArray[np.int64]:
    """Draw one template per class for one iteration.

    The draw is a pure function of (seed, iteration, class): every rank and every resumed run draws
    the same template, whatever the number of classes.

    Returns:
        Template indices in [0, num_templates), shape (num_classes,).
    """
    # A hash, because NumPy's generators may give other numbers in a later release.
    bits = hash_words(seed, 0, iteration, np.arange(num_classes, dtype=np.uint64))
    return (bits % np.uint64(num_templates)).astype(np.int64)


def classes_with_cut_name(
    texts: Sequence[ClassText],
    templates: Sequence[str],
    token_counts: Callable[[list[str]], Sequence[int]],
    context_length: int,
) -> tuple[str, ...]:
    """List the classes whose usual name does not fit into the context in every template.

    Args:
        texts: The class texts.
        templates: All templates that may be drawn.
        token_counts: The tokenizer's method: number of ids per text, special ids included.
        context_length: The tokenizer's context length.

    Returns:
        Ids of these classes; empty if every name fits.
    """
    prompts = [compose(text, template, "name") for text in texts for template in templates]
    # T * P -> T, P for T texts and P templates
    counts = np.asarray(token_counts(prompts)).reshape(len(texts), len(templates))
    return tuple(texts[row].id for row in np.flatnonzero(counts.max(axis=1) > context_length))


def _check_template(template: str) -> None:
    if template.count("{}") != 1:
        raise ValueError(f"the template {template!r} must hold {{}} exactly once, for the name")
