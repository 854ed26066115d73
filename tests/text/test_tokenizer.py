import json
import pickle
import subprocess
import sys
from pathlib import Path

import open_clip
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers.implementations.base_tokenizer import BaseTokenizer

from iclip.registry import TOKENIZERS
from iclip.text import tokenizer as tokenizer_module
from iclip.text.tokenizer import CLIPTokenizer, RobertaTokenizer
from tests.text.roberta_files import write_roberta_tokenizer

SENTENCES = [
    "a photo of a tench, freshwater dace-like game fish.",
    "It's 25 o'clock & we'll pay $3.50 (or 4€)!",
    "caf\u00e9 na\u00efve \u4f60\u597d \u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35 \U0001f600\U0001f600",
    "schÃ¶n &amp;amp; &lt;b&gt; \u201cquoted\u201d ﬁne",
    "tab\tnew\nline\x0b\x1cfile\x85next\u3000wide  spaces ",
    "<start_of_text> literal <END_OF_TEXT> <end_of_text>",
    "",
    "   ",
    "word " * 500,
    "unbroken" * 200,
]
UNICODE = st.text(max_size=60)
ASCII = st.text(st.characters(max_codepoint=0x7F), max_size=400)


@pytest.fixture(scope="module")
def open_clips() -> open_clip.SimpleTokenizer:
    return open_clip.get_tokenizer("ViT-B-32")


@pytest.mark.parametrize("text", SENTENCES)
@pytest.mark.parametrize("context_length", [3, 8, 77])
def test_ids_equal_open_clips(
    open_clips: open_clip.SimpleTokenizer, text: str, context_length: int
) -> None:
    expected = open_clips([text], context_length=context_length)
    assert torch.equal(CLIPTokenizer(context_length)([text]), expected)


TOKENIZER = CLIPTokenizer()
CASED = CLIPTokenizer(context_length=20, lower=False)
OPEN_CLIP_CASED = open_clip.SimpleTokenizer(clean="whitespace", context_length=20)


@settings(max_examples=300, deadline=None)
@given(texts=st.lists(UNICODE | ASCII, min_size=1, max_size=4))
def test_ids_equal_open_clips_for_any_text(
    open_clips: open_clip.SimpleTokenizer, texts: list[str]
) -> None:
    assert torch.equal(TOKENIZER(texts), open_clips(texts))


@settings(max_examples=100, deadline=None)
@given(text=UNICODE | ASCII)
def test_cased_ids_equal_open_clips_for_any_text(text: str) -> None:
    assert torch.equal(CASED([text]), OPEN_CLIP_CASED([text]))


def test_row_is_start_text_end_and_zeros() -> None:
    row = TOKENIZER(["a cat"])[0]
    assert row.dtype == torch.int64
    assert row[:4].tolist() == [TOKENIZER.bos_id, 320, 2368, TOKENIZER.eos_id]
    assert row[4:].tolist() == [TOKENIZER.pad_id] * 73


def test_end_token_survives_the_cut() -> None:
    rows = CLIPTokenizer(context_length=10)(["word " * 100, "word"])
    assert rows[0, -1] == TOKENIZER.eos_id
    assert rows[0].argmax() == 9  # A causal tower pools at the largest id.


def test_no_texts_give_no_rows() -> None:
    assert TOKENIZER([]).shape == (0, 77)


def test_lower_casing_is_a_setting() -> None:
    assert torch.equal(TOKENIZER(["A Cat"]), TOKENIZER(["a cat"]))
    assert not torch.equal(CASED(["A Cat"]), CASED(["a cat"]))


def test_token_counts_are_counts_before_the_cut(open_clips: open_clip.SimpleTokenizer) -> None:
    expected = [len(open_clips.encode(text)) + 2 for text in SENTENCES]
    assert CLIPTokenizer(context_length=3).token_counts(SENTENCES) == expected


def test_vocabulary_and_special_ids_are_clips(open_clips: open_clip.SimpleTokenizer) -> None:
    assert TOKENIZER.vocab_size == open_clips.vocab_size == 49408
    assert (TOKENIZER.bos_id, TOKENIZER.eos_id) == tuple(open_clips.all_special_ids)


@pytest.mark.parametrize("context_length", [-1, 0, 2])
def test_context_that_holds_no_token_is_refused(context_length: int) -> None:
    with pytest.raises(ValueError, match=f"context_length={context_length} is not possible"):
        CLIPTokenizer(context_length)


def test_pickled_tokenizer_gives_the_same_ids() -> None:
    copy = pickle.loads(pickle.dumps(CASED))
    assert torch.equal(copy(SENTENCES), CASED(SENTENCES))


def test_memory_of_chunks_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizer_module, "_CACHED_CHUNKS", 50)
    tokenizer = CLIPTokenizer()
    texts = [f"new{number}word" for number in range(300)]
    rows = tokenizer(texts)
    assert tokenizer._chunk_ids.cache_info().currsize == 50
    assert len(tokenizer._bpe.cache) <= 52
    assert torch.equal(tokenizer(texts), rows)


def test_special_words_keep_their_ids_when_the_memory_is_cleared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tokenizer_module, "_CACHED_CHUNKS", 2)
    tokenizer = CLIPTokenizer()
    text = "one two three four <end_of_text>"
    assert torch.equal(tokenizer([text]), TOKENIZER([text]))


def test_config_builds_without_importing_the_module_first(repo_root: Path) -> None:
    code = (
        "from iclip.registry import TOKENIZERS\n"
        "print(TOKENIZERS.build(dict(type='CLIPTokenizer', context_length=32)).context_length)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repo_root, capture_output=True, text=True
    )
    assert done.stdout == "32\n", done.stderr


@pytest.fixture(scope="module")
def roberta_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("roberta")


@pytest.fixture(scope="module")
def bpe(roberta_folder: Path) -> BaseTokenizer:
    return write_roberta_tokenizer(roberta_folder, [sentence.lower() for sentence in SENTENCES])


@pytest.fixture(scope="module")
def roberta(roberta_folder: Path, bpe: BaseTokenizer) -> RobertaTokenizer:
    return RobertaTokenizer(str(roberta_folder), context_length=24)


@pytest.mark.parametrize("text", SENTENCES)
def test_roberta_row_is_start_text_end_and_padding(
    roberta: RobertaTokenizer, bpe: BaseTokenizer, text: str
) -> None:
    ids = bpe.encode(" ".join(text.split()).lower()).ids[:22]
    expected = [0, *ids, 2] + [1] * (22 - len(ids))
    row = roberta([text])[0]
    assert row.dtype == torch.int64
    assert row.tolist() == expected


def test_roberta_token_counts_are_counts_before_the_cut(
    roberta: RobertaTokenizer, bpe: BaseTokenizer
) -> None:
    texts = ["", "a tench", "word " * 50]
    expected = [len(bpe.encode(" ".join(text.split())).ids) + 2 for text in texts]
    assert roberta.token_counts(texts) == expected


def test_roberta_ids_are_those_of_its_vocabulary(
    roberta: RobertaTokenizer, bpe: BaseTokenizer
) -> None:
    assert (roberta.pad_id, roberta.eos_id) == (1, 2)
    assert roberta.vocab_size == bpe.get_vocab_size()
    assert roberta([]).shape == (0, 24)


def test_roberta_lower_casing_is_a_setting(roberta_folder: Path, roberta: RobertaTokenizer) -> None:
    cased = RobertaTokenizer(str(roberta_folder), context_length=24, lower=False)
    assert torch.equal(roberta(["A TENCH"]), roberta(["a tench"]))
    assert not torch.equal(cased(["A TENCH"]), cased(["a tench"]))


def test_pickled_roberta_gives_the_same_ids(roberta: RobertaTokenizer) -> None:
    copy = pickle.loads(pickle.dumps(roberta))
    assert torch.equal(copy(SENTENCES), roberta(SENTENCES))


def test_roberta_builds_from_the_registry(roberta_folder: Path) -> None:
    config = {"type": "RobertaTokenizer", "name_or_path": str(roberta_folder), "context_length": 9}
    assert TOKENIZERS.build(config)(["a"]).shape == (1, 9)


def test_context_longer_than_roberta_reads_is_refused(roberta_folder: Path) -> None:
    with pytest.raises(ValueError, match=r"context_length=65 is not possible. Allowed: 3 to 64"):
        RobertaTokenizer(str(roberta_folder), context_length=65)


@pytest.mark.parametrize("name", ["no-such-group/no-such-tokenizer", "/no/such/folder"])
def test_unreachable_roberta_names_the_remedy(name: str) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        RobertaTokenizer(name)
    message = str(caught.value)
    assert f"name_or_path='{name}' is neither a folder nor a name that can be fetched" in message
    assert "save_pretrained('roberta')" in message
    assert "set name_or_path" in message


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"config.json": '{"model_type": "roberta"}'},  # As beside weights saved without tokenizer.
        {"config.json": '{"model_type": "roberta"}', "tokenizer.json": '{"version": '},
    ],
    ids=["empty", "model only", "broken"],
)
def test_folder_without_a_tokenizer_names_the_remedy(tmp_path: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(FileNotFoundError, match=r"without a usable tokenizer in it .* copy the"):
        RobertaTokenizer(str(tmp_path))


def test_roberta_joins_what_holds_no_special_word(roberta: RobertaTokenizer) -> None:
    assert roberta.joins("a tench & caf\u00e9")
    assert not roberta.joins("a </S> tench")  # lower case makes it a special word


def test_a_tokenizer_that_cuts_elsewhere_joins_nothing(tmp_path: Path) -> None:
    write_roberta_tokenizer(tmp_path, SENTENCES)
    config = tmp_path / "tokenizer_config.json"
    content = json.loads(config.read_text()) | {"add_prefix_space": True}
    config.write_text(json.dumps(content))
    assert not RobertaTokenizer(str(tmp_path), context_length=24).joins("a tench")


@pytest.mark.parametrize("text", ["caf\u00e9", "a &amp; b", "tab\t"])
def test_clips_joins_what_cleaning_leaves_alone(text: str) -> None:
    assert TOKENIZER.joins("It's a tench!") and not TOKENIZER.joins(text)


@pytest.mark.parametrize("begins", [True, False])
def test_parts_have_no_start_and_end(roberta: RobertaTokenizer, begins: bool) -> None:
    for tokenizer in (TOKENIZER, roberta):
        first = "" if begins else "a "
        (part,) = tokenizer.ids_of_parts(["tench"], begins=begins)
        ids = tokenizer([f"{first}tench"])[0].tolist()
        end = ids.index(tokenizer.eos_id)
        assert list(part) == ids[end - len(part) : end] and len(part)
        assert tokenizer.ids_of_parts([], begins=begins) == []
        assert list(tokenizer.ids_of_parts([" "], begins=begins)[0]) == []
