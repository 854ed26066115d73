"""Batches that follow the memory, on a stand-in for a GPU that holds a few images."""

from pathlib import Path

import numpy as np
import pytest
import torch

from iclip.commands import zeroshot as command
from iclip.commands.command_line import main
from iclip.text.class_texts import read_class_texts
from iclip.zeroshot import batch_size
from iclip.zeroshot.batch_size import encode_what_fits, first_batch_size, memory_note
from iclip.zeroshot.cached_embeddings import embed
from iclip.zeroshot.class_folders import class_folders
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from tests.zeroshot.networks import SmallGpu, with_network


def on_small_gpu(tiny: ImageTextEmbedder, holds: int) -> ImageTextEmbedder:
    return with_network(tiny, SmallGpu(tiny.network, holds))


def test_batch_is_halved_until_it_fits_and_stays_so(
    tiny: ImageTextEmbedder, photos: Path, table: Path, tmp_path: Path, monkeypatch
):
    monkeypatch.setitem(batch_size.FIRST_TRY, "cpu", 12)
    reader = class_folders(photos, read_class_texts(table)).reader
    model = on_small_gpu(tiny, holds=5)
    found = embed(model, reader, tmp_path / "halved")
    assert model.network.images == [12, 6, 3, 3, 3, 3, 3]
    assert memory_note(model) == "batch size 3: more did not fit the GPU's memory"
    model.network.images.clear()
    embed(model, reader, tmp_path / "again")
    assert model.network.images == [3, 3, 3, 3, 3]
    expected = embed(tiny, reader, tmp_path / "whole")
    np.testing.assert_allclose(found.embeds, expected.embeds, atol=1e-6)
    assert np.array_equal(found.numbers, expected.numbers)
    assert memory_note(tiny) == ""


def test_users_batch_size_is_taken_as_it_is(
    tiny: ImageTextEmbedder, photos: Path, table: Path, tmp_path: Path
):
    reader = class_folders(photos, read_class_texts(table)).reader
    model = on_small_gpu(tiny, holds=5)
    embed(model, reader, tmp_path, batch_size=4)
    assert model.network.images == [4, 4, 4, 3]
    with pytest.raises(ValueError, match=r"--batch-size 8: .* does not hold 8 images at a time"):
        embed(model, reader, tmp_path / "another", batch_size=8)
    assert model.network.images[4:] == [8]


def test_not_even_one_image_fits(tiny: ImageTextEmbedder):
    model = on_small_gpu(tiny, holds=0)
    with pytest.raises(ValueError, match=r"does not hold a single image .* --device cpu"):
        encode_what_fits(model, torch.zeros(3, 3, 32, 32), None)
    assert model.network.images == [3, 1]


def test_first_try_is_large_on_a_gpu():
    assert (first_batch_size(None, "cpu"), first_batch_size(None, "cuda")) == (64, 512)
    assert first_batch_size(7, "cuda") == 7


def test_batch_size_is_a_number_from_1_up(
    tiny_name: str, photos: Path, table: Path, tmp_path, capsys
):
    arguments = [tiny_name, "--folder", str(photos), "--class-texts", str(table)]
    assert main(command, [*arguments, "--cache", str(tmp_path), "--batch-size", "0"]) == 2
    assert "--batch-size is 0; it takes a number from 1 up" in capsys.readouterr().err
