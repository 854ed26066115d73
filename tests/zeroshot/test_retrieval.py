"""Zero-shot retrieval gives clip_benchmark's recalls."""

from pathlib import Path

import pytest

from iclip.benchmarks.peers.clip_benchmark import retrieve
from iclip.zeroshot.cached_embeddings import embed
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.retrieval import evaluate_retrieval
from iclip.zeroshot.retrieval_sets import read_captions
from tests.zeroshot.caption_sets import write_captions
from tests.zeroshot.networks import NotFinite, with_network


def test_recalls_are_clip_benchmarks(tiny: ImageTextEmbedder, photos: Path, tmp_path: Path):
    path = write_captions(tmp_path / "dataset.json", photos, [5, 3, 5, 1, 4, 5, 5])
    images = read_captions(path, photos)
    ours = evaluate_retrieval(tiny, images, embed(tiny, images.reader, tmp_path, batch_size=2))
    # clip_benchmark fails where k is more than the images.
    theirs = retrieve(tiny, images, batch_size=4, recall_at=(1, 5))
    for name in ("ir_r1", "ir_r5", "tr_r1", "tr_r5"):
        assert ours.short_scores[name] == pytest.approx(theirs[name])
    assert (ours.images, ours.detail.captions) == (7, 28)


def test_caption_embeddings_that_are_not_finite_are_an_error(
    tiny: ImageTextEmbedder, photos: Path, tmp_path: Path
):
    faulty = with_network(tiny, NotFinite(tiny.network, texts=True))
    images = read_captions(write_captions(tmp_path / "c.json", photos), photos)
    found = embed(faulty, images.reader, tmp_path / "c")
    with pytest.raises(ValueError, match="75 of 75 text embeddings of the captions are not finite"):
        evaluate_retrieval(faulty, images, found)
