from pathlib import Path

from iclip.benchmarks.peers.clip_benchmark_speed import AGAIN, OURS, THEIRS, measure
from iclip.benchmarks.settings import Settings
from iclip.zeroshot.embedding_model import ImageTextEmbedder


def test_times_are_of_the_images_of_the_classes_that_were_asked_for(
    tiny: ImageTextEmbedder, photos: Path
) -> None:
    seconds, count = measure(tiny, photos, 2, Settings("cpu", rounds=1), 4, 0)
    assert count == 10
    assert set(seconds) == {OURS, AGAIN, THEIRS}
    assert min(seconds.values()) > 0
