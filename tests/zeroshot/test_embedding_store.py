"""What a run that was killed leaves is used; what it left half written, or is damaged, is not."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from iclip.text.class_texts import read_class_texts
from iclip.zeroshot import cached_embeddings
from iclip.zeroshot.cached_embeddings import embed
from iclip.zeroshot.class_folders import class_folders
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.embedding_store import EmbeddingPart, EmbeddingStore, note_of_old_stores
from iclip.zeroshot.image_readers import ImageReader, content_key
from tests.zeroshot.networks import Killed, with_network


def counted(tiny: ImageTextEmbedder, at_batch: int | None = None) -> ImageTextEmbedder:
    return with_network(tiny, Killed(tiny.network, at_batch))


@pytest.fixture
def reader(photos: Path, table: Path, monkeypatch: pytest.MonkeyPatch) -> ImageReader:
    monkeypatch.setattr(cached_embeddings, "SECONDS_PER_PART", 0)  # each batch is a part
    return class_folders(photos, read_class_texts(table)).reader


def kept(cache: Path) -> dict[str, bytes]:
    (stored,) = cache.iterdir()
    return {path.name: path.read_bytes() for path in stored.iterdir() if path.is_file()}


def key(text: str) -> bytes:
    return content_key(text.encode())


def test_killed_run_goes_on_after_its_last_part(
    tiny: ImageTextEmbedder, reader: ImageReader, tmp_path: Path
):
    embed(counted(tiny), reader, tmp_path / "at once", batch_size=4)
    cache = tmp_path / "killed"
    with pytest.raises(KeyboardInterrupt):
        embed(counted(tiny, at_batch=3), reader, cache, batch_size=4)
    (folder,) = cache.glob("*/parts")
    (folder / "1.unfinished").write_bytes(b"half")
    second = counted(tiny)
    embed(second, reader, cache, batch_size=4)
    assert sum(second.network.images) == 15 - 8
    assert kept(cache) == kept(tmp_path / "at once")
    assert not list(cache.glob("*/parts/*.npz"))


def test_run_killed_at_the_very_end_embeds_nothing_again(
    tiny: ImageTextEmbedder, reader: ImageReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(EmbeddingStore, "join_parts", killed)
    with pytest.raises(KeyboardInterrupt):
        embed(counted(tiny), reader, tmp_path, batch_size=4)
    monkeypatch.undo()
    second = counted(tiny)
    assert len(embed(second, reader, tmp_path, batch_size=4).embeds) == 15
    assert second.network.images == []


def test_picture_that_was_broken_is_tried_again(
    tiny: ImageTextEmbedder, reader: ImageReader, photos: Path, tmp_path: Path
):
    good = (photos / "n1/1.png").read_bytes()
    (photos / "n1/1.png").write_bytes(b"no picture")
    found = embed(counted(tiny), reader, tmp_path, batch_size=4)
    assert 1 not in found.numbers
    (photos / "n1/1.png").write_bytes(good)
    second = counted(tiny)
    found = embed(second, reader, tmp_path, batch_size=4)
    assert (second.network.images, found.broken) == ([1], ())
    alone = tiny.encode_images(tiny.transform(Image.open(photos / "n1/1.png"))[None])
    np.testing.assert_allclose(found.embeds[1], alone[0], atol=1e-6)


def test_overtaken_run_takes_what_the_faster_one_kept(
    tiny: ImageTextEmbedder, reader: ImageReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    slow, faster, cache = counted(tiny), counted(tiny), tmp_path / "cache"
    network = slow.network
    encode = network.encode_image

    def overtaken(images: Tensor) -> Tensor:
        if len(network.images) == 1:
            embed(faster, reader, cache, batch_size=15)
        return encode(images)

    monkeypatch.setattr(network, "encode_image", overtaken)
    found = embed(slow, reader, cache, batch_size=4)
    assert (sum(network.images), sum(faster.network.images)) == (15, 15 - 4)
    expected = embed(counted(tiny), reader, tmp_path / "alone", batch_size=4)
    np.testing.assert_allclose(found.embeds, expected.embeds, atol=1e-6)


def test_rows_come_in_the_order_of_the_keys_from_several_segments(tmp_path: Path):
    store = EmbeddingStore(tmp_path, {"weights": "w"})
    store.write(EmbeddingPart([key("b"), key("a")], [torch.tensor([[2.0], [1.0]])]))
    store.join_parts()
    store.write(EmbeddingPart([key("c"), key("a")], [torch.tensor([[3.0], [9.0]])]))
    store.join_parts()
    store.write(EmbeddingPart())
    wanted = [key(name) for name in "cabac"]
    assert store.take(wanted).tolist() == [[3], [1], [2], [1], [3]]
    assert store.keys() == {key(name) for name in "abc"}


def test_pictures_that_nobody_embedded_are_counted(tmp_path: Path):
    store = EmbeddingStore(tmp_path, {"weights": "w"})
    store.write(EmbeddingPart([key("a")], [torch.ones(1, 4)]))
    store.join_parts()
    with pytest.raises(ValueError, match=r"of 2 of 3 images are not below .* --cache has to be"):
        store.take([key("a"), key("b"), key("c")])


def test_settings_that_differ_have_stores_of_their_own(tmp_path: Path):
    first = EmbeddingStore(tmp_path, {"weights": "w", "precision": "fp32"})
    second = EmbeddingStore(tmp_path, {"weights": "w", "precision": "bf16"})
    assert first.folder != second.folder
    said = json.loads((second.folder / "settings.json").read_text())
    assert said["precision"] == "bf16"


def test_mixed_up_store_is_refused(tmp_path: Path):
    store = EmbeddingStore(tmp_path, {"weights": "w"})
    (store.folder / "settings.json").write_text(json.dumps({"format": 2, "weights": "another"}))
    with pytest.raises(ValueError, match="states another weights than its name says: del"):
        EmbeddingStore(tmp_path, {"weights": "w"})
    (store.folder / "settings.json").write_text('{"format"')
    with pytest.raises(ValueError, match=r"settings\.json is damaged: delete the folder"):
        EmbeddingStore(tmp_path, {"weights": "w"})


@pytest.mark.parametrize("end", [".keys.npy", ".embeds.npy"])
def test_damaged_segment_is_named(end: str, tmp_path: Path):
    store = EmbeddingStore(tmp_path, {"weights": "w"})
    store.write(EmbeddingPart([key("a"), key("b")], [torch.ones(2, 4)]))
    store.join_parts()
    (file,) = store.folder.glob(f"*{end}")
    file.write_bytes(file.read_bytes()[:-16])
    with pytest.raises(ValueError, match=r"keys\.npy and .*embeds\.npy beside it are damaged"):
        store.take([key("a")])


def test_damaged_part_is_named(tmp_path: Path):
    store = EmbeddingStore(tmp_path, {"weights": "w"})
    store.parts.mkdir()
    (store.parts / "x.npz").write_bytes(b"PK half")
    with pytest.raises(ValueError, match=r"parts/x\.npz is damaged: delete it and start again"):
        store.keys()


def test_folders_of_earlier_versions_are_told(tmp_path: Path):
    assert note_of_old_stores(tmp_path) == ""
    for name in ("0a", "0b"):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "labels.npy", np.arange(3))
    told = note_of_old_stores(tmp_path)
    assert "2 of its folders are of an earlier version" in told
    assert told.endswith("They are not read; delete them: 0a, 0b")
