import json
from pathlib import Path

import pytest
import torch
from open_clip import SimpleTokenizer
from open_clip.transformer import TextTransformer as OpenCLIPTextTransformer

from iclip.models import TextTransformer

TEXTS = ["a photo of a cat.", "two dogs", "a long sentence about a heron on the water at dawn"]


@pytest.fixture
def token_ids() -> torch.Tensor:
    return SimpleTokenizer()(TEXTS, context_length=24)


def small(**settings) -> TextTransformer:
    torch.manual_seed(0)
    return TextTransformer(context_length=24, width=32, heads=4, layers=2, **settings).eval()


def test_equals_open_clip_with_padding_cut_off(token_ids: torch.Tensor):
    ours = small()
    theirs = OpenCLIPTextTransformer(
        context_length=24, width=32, heads=4, layers=2, output_dim=None, proj_type="none"
    ).eval()
    theirs.load_state_dict(ours.state_dict())
    trimmed = token_ids[:, : int((token_ids != 0).sum(dim=1).max())]
    assert trimmed.shape[1] < token_ids.shape[1]
    torch.testing.assert_close(ours(trimmed), theirs(token_ids))


def test_small_vocabulary_gives_the_same_features_as_the_whole_table(token_ids: torch.Tensor):
    vocabulary = token_ids.unique().tolist()
    whole, compact = small(), small(vocabulary=vocabulary)
    state = whole.state_dict()
    table = state.pop("token_embedding.weight")
    compact.load_state_dict(state, strict=False)
    compact.token_embedding.weight.data[1:] = table[vocabulary]
    torch.testing.assert_close(compact(token_ids), whole(token_ids))


def test_unknown_words_share_one_row(token_ids: torch.Tensor):
    encoder = small(vocabulary=[49406, 49407])
    others = token_ids.clone()
    words = (token_ids > 0) & (token_ids < 49406)
    others[words] = 4711
    torch.testing.assert_close(encoder(token_ids), encoder(others))


def test_vocabulary_is_read_from_a_file_and_travels_with_the_weights(tmp_path: Path):
    path = tmp_path / "vocabulary.json"
    path.write_text(json.dumps([5, 49406, 49407]))
    assert small(vocabulary=str(path)).state_dict()["bpe_ids"].tolist() == [5, 49406, 49407]


@pytest.mark.parametrize(
    ("vocabulary", "error", "message"),
    [
        ([1, 2], ValueError, "with the end-of-text token 49407; it holds 2 ids from 1 to 2"),
        ([], ValueError, "it holds 0 ids"),
        ("nowhere.json", FileNotFoundError, "no such file.*make_toy_data"),
    ],
)
def test_unusable_vocabularies_are_refused(vocabulary, error, message: str):
    with pytest.raises(error, match=message):
        small(vocabulary=vocabulary)


def test_vocabulary_that_is_not_json_is_named(tmp_path: Path):
    path = tmp_path / "vocabulary.json"
    path.write_text("[5, 49406")
    with pytest.raises(ValueError, match=r"vocabulary\.json is not a JSON file"):
        small(vocabulary=str(path))
