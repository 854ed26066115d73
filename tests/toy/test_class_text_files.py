import json
from pathlib import Path

import pytest
from open_clip.tokenizer import SimpleTokenizer

from iclip.text.class_texts import read_class_texts
from iclip.text.prompts import TEMPLATES, compose
from iclip.toy.pairs import pair_captions
from iclip.toy.retrieval import sample_retrieval
from iclip.toy.world import World


@pytest.mark.parametrize("split", ["seen", "new_combination", "new_word"])
def test_tables_hold_the_categories_of_their_split(
    tiny: World, tiny_root: Path, split: str
) -> None:
    texts = read_class_texts(tiny_root / f"class_texts_{split}.jsonl")
    assert [(t.id, t.names, t.description) for t in texts] == [
        (c.id, (c.name,), c.description) for c in tiny.categories if c.split == split
    ]


def test_table_of_all_is_the_others_in_order(tiny_root: Path) -> None:
    parts = [
        (tiny_root / f"class_texts_{split}.jsonl").read_text()
        for split in ("seen", "new_combination", "new_word")
    ]
    assert (tiny_root / "class_texts_all.jsonl").read_text() == "".join(parts)


def test_vocabulary_is_exactly_what_whole_sentences_need(tiny: World, tiny_root: Path) -> None:
    vocabulary = json.loads((tiny_root / "bpe_vocabulary.json").read_text())
    tokenizer = SimpleTokenizer()
    sentences = [*pair_captions(tiny)]
    sentences += [text for _, texts in sample_retrieval(tiny) for text in texts]
    sentences += [
        compose(text, template, variant)
        for text in read_class_texts(tiny_root / "class_texts_all.jsonl")
        for name in TEMPLATES
        for template in TEMPLATES[name]
        for variant in ("name", "name_description")
    ]
    ids = {i for sentence in sentences for i in tokenizer.encode(sentence)}
    special = {0, tokenizer.sot_token_id, tokenizer.eot_token_id}
    assert vocabulary == sorted(ids | special)
