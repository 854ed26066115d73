"""Shards are those of img2dataset, and are not written twice."""

import io
import tarfile
from pathlib import Path

from PIL import Image

from iclip.benchmarks.inputs.image_folders import write_noise
from iclip.benchmarks.inputs.shards import write_shards
from iclip.datasets.image_text_pairs import ImageTextPairs


def test_a_shard_has_image_text_and_json_of_each_pair(tmp_path: Path):
    shards = write_shards(tmp_path, 2, 3)
    assert [Path(shard).name for shard in shards] == ["00000.tar", "00001.tar"]
    with tarfile.open(shards[1]) as tar:
        names = tar.getnames()
        image = tar.extractfile("000010002.jpg").read()  # type: ignore[union-attr]
    assert len(names) == 9 and names[:3] == ["000010000.jpg", "000010000.txt", "000010000.json"]
    assert Image.open(io.BytesIO(image)).size == (320, 256)
    assert 15_000 < len(image) < 60_000
    crop = dict(type="ResizeCenterCrop", size=32)
    assert len(ImageTextPairs(shards, crop, dict(type="CLIPTokenizer"))) == 6


def test_own_images_are_taken_in_turn(tmp_path: Path):
    files = sorted(write_noise(tmp_path / "own", 1, 2).rglob("*.jpg"))
    (shard,) = write_shards(tmp_path / "shards", 1, 3, files)
    with tarfile.open(shard) as tar:
        images = [tar.extractfile(f"00000000{i}.jpg").read() for i in range(3)]  # type: ignore[union-attr]
    assert images == [files[0].read_bytes(), files[1].read_bytes(), files[0].read_bytes()]


def test_shards_that_are_there_stay(tmp_path: Path):
    (shard,) = write_shards(tmp_path, 1, 2)
    before = Path(shard).stat().st_mtime_ns
    assert write_shards(tmp_path, 1, 2) == [shard]
    assert Path(shard).stat().st_mtime_ns == before
