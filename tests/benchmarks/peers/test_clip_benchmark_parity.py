"""Which scores are compared with clip_benchmark's, and when they differ."""

from pathlib import Path

import pytest

from iclip.benchmarks.peers import clip_benchmark as peer
from iclip.benchmarks.peers.clip_benchmark_parity import (
    ComparedScore,
    compare_classification,
    compare_retrieval,
)
from iclip.text.class_texts import read_class_texts
from iclip.zeroshot.class_folders import class_folders
from iclip.zeroshot.classification_sets import ImageSet
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.retrieval_sets import read_captions
from tests.zeroshot.caption_sets import write_captions


@pytest.mark.parametrize(
    ("ours", "theirs", "differs"),
    [(50.0, 50.0, False), (50.00009, 50.0, False), (50.0, 50.0002, True), (50.0002, 50.0, True)],
)
def test_only_more_than_rounding_is_a_difference(ours: float, theirs: float, differs: bool):
    assert ComparedScore("dtd", "top-1", 1, ours, theirs).differs == differs


def image_set(photos: Path, table: Path, metric: str) -> ImageSet:
    texts = read_class_texts(table)
    return ImageSet(class_folders(photos, texts), texts, ("a {}.", "the {}."), metric, "all")


def test_both_metrics_are_compared_whatever_the_set_reports(
    tiny: ImageTextEmbedder, photos: Path, table: Path
):
    rows = list(compare_classification(tiny, "own", image_set(photos, table, "mean per class")))
    assert [row.metric for row in rows] == ["top-1", "mean per class"]
    assert {(row.name, row.images) for row in rows} == {("own", 15)}
    assert not any(row.differs for row in rows)


def test_a_metric_that_clip_benchmark_lacks_is_not_compared(
    tiny: ImageTextEmbedder, photos: Path, table: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(peer, "classify", lambda *_: pytest.fail("was evaluated"))
    assert list(compare_classification(tiny, "own", image_set(photos, table, "11-point mAP"))) == []


def test_a_score_of_theirs_that_is_off_is_found(
    tiny: ImageTextEmbedder, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    images = read_captions(write_captions(tmp_path / "captions.json", photos), photos)
    true = peer.retrieve(tiny, images)
    monkeypatch.setattr(peer, "retrieve", lambda *_: true | {"tr_r5": true["tr_r5"] + 0.01})
    rows = {row.metric: row for row in compare_retrieval(tiny, "own", images)}
    assert [name for name, row in rows.items() if row.differs] == ["tr_r5"]
    difference = rows["tr_r5"].theirs - rows["tr_r5"].ours
    assert difference == pytest.approx(0.01, abs=1e-4)
    assert {row.name for row in rows.values()} == {"own retrieval"}
