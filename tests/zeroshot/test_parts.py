"""What a run that was killed leaves is used; what it left half written is not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from iclip.text.class_texts import read_class_texts
from iclip.zeroshot import embeddings, parts
from iclip.zeroshot.decoding import LabelledPictures
from iclip.zeroshot.embeddings import embed
from iclip.zeroshot.image_sets import class_folders
from iclip.zeroshot.models import ZeroShotModel
from iclip.zeroshot.parts import Part, embedded_numbers, join_parts


class Killed(nn.Module):
    """A network that is interrupted at a batch; counts the images before."""

    def __init__(self, network: nn.Module, at_batch: int | None = None) -> None:
        super().__init__()
        self.network, self.at_batch = network, at_batch
        self.batches = self.images = 0

    def encode_image(self, images: Tensor) -> Tensor:
        self.batches += 1
        if self.batches == self.at_batch:
            raise KeyboardInterrupt
        self.images += len(images)
        return self.network.encode_image(images)


def counted(tiny: ZeroShotModel, at_batch: int | None = None) -> ZeroShotModel:
    return replace(tiny, network=Killed(tiny.network, at_batch), _hashed=None)


@pytest.fixture
def pictures(photos: Path, table: Path, monkeypatch: pytest.MonkeyPatch) -> LabelledPictures:
    monkeypatch.setattr(parts, "SECONDS_A_PART", 0)  # each batch is a part
    return class_folders(photos, read_class_texts(table))


def kept(cache: Path) -> dict[str, bytes]:
    (stored,) = cache.iterdir()
    return {path.name: path.read_bytes() for path in stored.iterdir()}


def test_killed_run_goes_on_after_its_last_part(
    tiny: ZeroShotModel, pictures: LabelledPictures, tmp_path: Path
):
    embed(counted(tiny), pictures, "m", tmp_path / "at once", batch_size=4)
    cache = tmp_path / "killed"
    with pytest.raises(KeyboardInterrupt):
        embed(counted(tiny, at_batch=3), pictures, "m", cache, batch_size=4)
    (folder,) = cache.glob("*/parts")
    (folder / "000000008-1.unfinished").write_bytes(b"half")
    assert embedded_numbers(folder).tolist() == list(range(8))
    second = counted(tiny)
    embed(second, pictures, "m", cache, batch_size=4)
    assert second.network.images == 15 - 8
    assert kept(cache) == kept(tmp_path / "at once")
    assert sorted(kept(cache)) == ["broken.json", "embeds.npy", "key.json", "labels.npy"]


def test_run_killed_at_the_very_end_embeds_nothing_again(
    tiny: ZeroShotModel, pictures: LabelledPictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(embeddings, "_keep", killed)
    with pytest.raises(KeyboardInterrupt):
        embed(counted(tiny), pictures, "m", tmp_path, batch_size=4)
    monkeypatch.undo()
    second = counted(tiny)
    assert len(embed(second, pictures, "m", tmp_path, batch_size=4).embeds) == 15
    assert second.network.images == 0


def test_picture_that_was_broken_is_tried_again(
    tiny: ZeroShotModel, pictures: LabelledPictures, photos: Path, tmp_path: Path
):
    good = (photos / "n1/1.png").read_bytes()
    (photos / "n1/1.png").write_bytes(b"no picture")
    with pytest.raises(KeyboardInterrupt):
        embed(counted(tiny, at_batch=3), pictures, "m", tmp_path, batch_size=4)
    (photos / "n1/1.png").write_bytes(good)
    second = counted(tiny)
    found = embed(second, pictures, "m", tmp_path, batch_size=4)
    assert second.network.images == 15 - 7
    assert found.broken == ()
    alone = tiny.encode_images(tiny.transform(Image.open(photos / "n1/1.png"))[None])
    np.testing.assert_allclose(found.embeds[1], alone[0], atol=1e-6)


def test_overtaken_run_takes_what_the_faster_one_kept(
    tiny: ZeroShotModel, pictures: LabelledPictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    slow, faster, cache = counted(tiny), counted(tiny), tmp_path / "cache"
    encode = slow.network.encode_image

    def overtaken(images: Tensor) -> Tensor:
        if slow.network.batches == 1:
            embed(faster, pictures, "m", cache, batch_size=15)
        return encode(images)

    monkeypatch.setattr(slow.network, "encode_image", overtaken)
    assert len(embed(slow, pictures, "m", cache, batch_size=4).embeds) == 15
    assert (slow.network.images, faster.network.images) == (15, 15 - 4)
    assert sorted(kept(cache)) == ["broken.json", "embeds.npy", "key.json", "labels.npy"]


def test_marks_of_several_classes_survive_the_parts(tmp_path: Path):
    Part([2], [torch.ones(1, 4)], [[0, -1]], {0: "number 0: torn"}).write(tmp_path)
    Part([1], [torch.zeros(1, 4)], [[1, 0]]).write(tmp_path)
    embeds, labels, broken = join_parts(tmp_path, 3)
    assert embeds.dtype == np.float32
    assert embeds.tolist() == [[0] * 4, [1] * 4]
    assert labels.tolist() == [[1, 0], [0, -1]]
    assert broken == ["number 0: torn"]


def test_missing_pictures_are_counted(tmp_path: Path):
    Part([0, 2], [torch.ones(2, 4)], [0, 1]).write(tmp_path)
    Part().write(tmp_path)
    with pytest.raises(ValueError, match=r"3 of 5 pictures are in none of the parts .* --cache"):
        join_parts(tmp_path, 5)
