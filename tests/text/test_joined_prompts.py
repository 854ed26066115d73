"""Ids put together from parts are those of the whole prompts."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iclip.text.class_texts import ClassText, ClassTexts
from iclip.text.joined_prompts import JoinedPrompts
from iclip.text.prompts import TEMPLATES, VARIANTS, compose
from iclip.text.sources.wordnet import WordNet
from iclip.text.tokenizer import CLIPTokenizer, RobertaTokenizer
from iclip.text.tokenizer_protocol import JoiningTokenizer
from tests.support.imagenet22k import imagenet22k_class_texts
from tests.text import odd_class_texts as odd
from tests.text.roberta_files import write_roberta_tokenizer

TEXTS = odd.odd_class_texts()


@pytest.fixture(scope="module")
def roberta_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("roberta")
    write_roberta_tokenizer(folder, [compose(text, "a {}.").lower() for text in TEXTS])
    return folder


@pytest.fixture(params=["clip", "clip cased", "roberta", "roberta cased"])
def tokenizer(request: pytest.FixtureRequest, roberta_folder: Path) -> JoiningTokenizer:
    kind, _, case = request.param.partition(" ")
    if kind == "clip":
        return CLIPTokenizer(context_length=40, lower=not case)
    return RobertaTokenizer(str(roberta_folder), context_length=40, lower=not case)


def check_all(
    texts: ClassTexts, templates: Sequence[str], variant: str, tokenizer: JoiningTokenizer
) -> None:
    prompts = JoinedPrompts(texts, templates, variant, tokenizer)
    classes = np.arange(len(texts))
    for number, template in enumerate(templates):
        whole = tokenizer([compose(text, template, variant) for text in texts])
        rows = prompts.rows(classes, np.full(len(texts), number))
        assert rows.padded(tokenizer.pad_id, tokenizer.context_length).tolist() == whole.tolist()
        lengths = prompts.lengths(classes, np.full(len(texts), number))
        assert lengths.tolist() == rows.lengths.tolist()


@pytest.mark.parametrize("variant", VARIANTS)
def test_odd_texts_give_the_ids_of_whole_prompts(variant: str, tokenizer: JoiningTokenizer):
    check_all(TEXTS, odd.TEMPLATES, variant, tokenizer)


@pytest.mark.parametrize("context_length", [3, 4, 8])
def test_the_cut_is_the_tokenizers(context_length: int, roberta_folder: Path):
    check_all(TEXTS, odd.TEMPLATES, "name_description", CLIPTokenizer(context_length))
    roberta = RobertaTokenizer(str(roberta_folder), context_length)
    check_all(TEXTS, odd.TEMPLATES, "name_description", roberta)


WORDS = st.text(st.sampled_from(" ab.,'s!?(){}-\u00e9\t<>"), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def short(roberta_folder: Path) -> list[JoiningTokenizer]:
    return [CLIPTokenizer(20), RobertaTokenizer(str(roberta_folder), 20)]


@settings(max_examples=60, deadline=None)
@given(name=WORDS.filter(str.strip), description=WORDS, before=WORDS, behind=WORDS)
def test_any_texts_give_the_ids_of_whole_prompts(
    short: list[JoiningTokenizer], name: str, description: str, before: str, behind: str
):
    before, behind = (part.replace("{}", "") for part in (before, behind))
    templates = [f"{before}{{}}{behind}"]
    if templates[0].count("{}") != 1:
        return
    texts = ClassTexts([ClassText("n", (name,), description)])
    for tokenizer in short:
        check_all(texts, templates, "name_description", tokenizer)


def test_rows_take_each_class_in_its_own_template():
    tokenizer = CLIPTokenizer(40)
    prompts = JoinedPrompts(TEXTS, odd.TEMPLATES, "name", tokenizer)
    classes, templates = np.array([3, 0, 3]), np.array([1, 5, 4])
    expected = tokenizer(
        [
            compose(TEXTS[index], odd.TEMPLATES[template], "name")
            for index, template in zip(classes, templates, strict=True)
        ]
    )
    assert prompts.rows(classes, templates).padded(0, 40).tolist() == expected.tolist()


class CountingTokenizer(CLIPTokenizer):
    """A tokenizer that counts the texts it is given."""

    texts = 0

    def ids_of_parts(self, parts: Sequence[str], begins: bool) -> list[Sequence[int]]:
        self.texts += len(parts)
        return super().ids_of_parts(parts, begins)

    def __call__(self, texts: Sequence[str]):
        raise AssertionError("tokenized whole")


def test_each_part_is_tokenized_once():
    texts = ClassTexts(ClassText(f"n{i}", (f"name {i}",), f"a thing {i}") for i in range(500))
    templates, tokenizer = TEMPLATES["openai_imagenet"], CountingTokenizer()
    prompts = JoinedPrompts(texts, templates, "name_description", tokenizer)
    assert prompts.classes_with_cut_name() == ()
    # Names are followed by a comma or by a blank; all these templates end in a full stop. Of each
    # template its words before and behind the name.
    assert tokenizer.texts <= 3 * len(texts) + 2 * len(templates)


def test_real_class_texts_give_the_ids_of_whole_prompts(real_wordnet: WordNet):
    texts = imagenet22k_class_texts(real_wordnet)
    # Descriptions that end in a mark, which a tokenizer joins with the full stop, and others.
    marked = [text for text in texts if not text.description[-1:].isalnum()]
    assert len(marked) > 800
    some = ClassTexts([*marked, *(text for text in texts[::60] if text not in marked)])
    templates = TEMPLATES["openai_imagenet"][::8]
    check_all(some, templates, "name_description", CLIPTokenizer())


def cut_names(context_length: int, templates: Sequence[str], *names: str) -> tuple[str, ...]:
    texts = ClassTexts(ClassText(name, (name,), "a thing") for name in names)
    tokenizer = CLIPTokenizer(context_length)
    return JoinedPrompts(texts, templates, "name_description", tokenizer).classes_with_cut_name()


@pytest.mark.parametrize("name", ["great white shark", "gr\u00e9at white shark"])
def test_names_that_the_context_cuts_are_listed(name: str):
    templates = ("{}", "a photo of a {}.")
    # Start, "a photo of a", the name, the mark behind it, and the end.
    needed = CLIPTokenizer().token_counts([f"a photo of a {name}."])[0]
    assert cut_names(needed, templates, "crane", name) == ()
    assert cut_names(needed - 1, templates, "crane", name) == (name,)


def test_a_long_template_behind_the_name_cuts_no_name():
    assert cut_names(6, ("a {} in a very long template.",), "crane") == ()
