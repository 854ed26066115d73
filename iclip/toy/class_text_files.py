"""The class-text tables of the toy world, and the BPE ids that its texts use."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from iclip.toy.categories import SPLITS, Category
from iclip.toy.pairs import pair_captions
from iclip.toy.retrieval import sample_retrieval
from iclip.toy.world import World

# iclip.text is imported in the functions: it loads torch, which the workers do not need.


def write_class_text_tables(world: World, folder: Path) -> None:
    """Write `class_texts_{seen,new_combination,new_word,all}.jsonl`."""
    tables: dict[str, Iterable[Category]] = {name: world.split(name) for name in SPLITS}
    tables["all"] = world.categories
    for name, categories in tables.items():
        _write_table(folder / f"class_texts_{name}.jsonl", categories)


def _write_table(path: Path, categories: Iterable[Category]) -> None:
    from iclip.text.class_texts import ClassText, write_class_texts

    write_class_texts(path, [ClassText(c.id, (c.name,), c.description) for c in categories])


def bpe_vocabulary(world: World) -> str:
    """List the sorted CLIP BPE ids of all captions, class texts and prompts, as JSON.

    The start, end and padding ids are among them. The list depends on the settings only, not on
    the parts of the world that have been drawn.
    """
    from iclip.text.tokenizer import CLIPTokenizer

    tokenizer = CLIPTokenizer()
    # No BPE token crosses a blank, so the ids of the words are the ids of the texts.
    words = sorted({word for text in _all_texts(world) for word in text.lower().split()})
    ids = set(tokenizer(words).unique().tolist()) | {tokenizer.pad_id}
    return json.dumps(sorted(ids)) + "\n"


def _all_texts(world: World) -> Iterator[str]:
    yield from pair_captions(world)
    for _, captions in sample_retrieval(world):
        yield from captions
    yield from _prompts(world)


def _prompts(world: World) -> Iterator[str]:
    from iclip.text.class_texts import ClassText
    from iclip.text.prompts import TEMPLATES, VARIANTS, compose

    templates = [template for name in TEMPLATES for template in TEMPLATES[name]]
    for category in world.categories:
        text = ClassText(category.id, (category.name,), category.description)
        for variant in VARIANTS:
            for template in templates:
                yield compose(text, template, variant)
