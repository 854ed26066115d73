from pathlib import Path

import pytest
import torch

from iclip.models import RobertaTextEncoder


def small_roberta(**settings) -> RobertaTextEncoder:
    torch.manual_seed(0)
    return RobertaTextEncoder(
        vocab_size=50,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        **settings,
    ).eval()


def test_a_feature_is_the_mean_over_valid_tokens_whatever_the_padding():
    encoder = small_roberta()
    ids = torch.tensor([[0, 7, 8, 2, 1, 1], [0, 9, 2, 1, 1, 1]])
    features = encoder(ids)
    torch.testing.assert_close(features[1:], encoder(ids[1:, :3]))
    assert features.shape == (2, encoder.width)


def test_weights_come_from_a_folder(tmp_path: Path):
    source = small_roberta()
    source.roberta.save_pretrained(tmp_path)
    encoder = small_roberta(name_or_path=str(tmp_path))
    torch.nn.init.zeros_(encoder.roberta.embeddings.word_embeddings.weight)
    encoder.init_weights()
    ids = torch.tensor([[0, 7, 2]])
    torch.testing.assert_close(encoder(ids), source(ids))


def test_missing_weights_are_named(tmp_path: Path):
    encoder = small_roberta(name_or_path=str(tmp_path / "absent"))
    with pytest.raises(OSError, match=r"text_encoder.name_or_path=.*absent.*no weights there"):
        encoder.init_weights()
