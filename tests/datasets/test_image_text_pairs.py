from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iclip.datasets.decoding import DecodeError
from iclip.datasets.image_text_pairs import ImageTextPairs
from iclip.datasets.sample_key import SampleKey
from iclip.datasets.transforms import RandomResizedCropFlip, ResizeCenterCrop

WriteShard = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path, write_shard: WriteShard) -> Path:
    write_shard(tmp_path / "00000.tar", 0, ["a cat", "two dogs"])
    write_shard(tmp_path / "00001.tar", 2, ["grüße", "日本", "five"])
    return tmp_path


def test_pairs_come_with_their_captions(
    folder: Path, tokenizer: Any, encode: Callable[..., bytes]
) -> None:
    transform = ResizeCenterCrop(16)
    dataset = ImageTextPairs(str(folder), transform, tokenizer)
    captions = ["a cat", "two dogs", "grüße", "日本", "five"]
    for i, sample in enumerate(dataset[i] for i in range(len(dataset))):
        assert sample["token_ids"].shape == (tokenizer.context_length,)
        assert tokenizer.decode(sample["token_ids"]) == captions[i]
        assert sample["image"].equal(transform(encode(seed=i)))


def test_key_seeds_the_augmentation(folder: Path, tokenizer: Any) -> None:
    dataset = ImageTextPairs(str(folder), RandomResizedCropFlip(16), tokenizer)
    one, same, other = (dataset[SampleKey(1, 3, seed)]["image"] for seed in (5, 5, 6))
    assert one.equal(same) and not one.equal(other)


def test_parts_may_be_configs(folder: Path) -> None:
    dataset = ImageTextPairs(
        shards=f"{folder}/{{00000..00001}}.tar",
        image_transform={"type": "RandomResizedCropFlip", "size": 16},
        tokenizer={"type": "CLIPTokenizer", "context_length": 16},
    )
    assert dataset[0]["token_ids"].tolist()[:4] == [49406, 320, 2368, 49407]


def test_fraction_takes_of_every_shard(folder: Path, tokenizer: Any) -> None:
    dataset = ImageTextPairs(str(folder), ResizeCenterCrop(8), tokenizer, fraction=0.4)
    captions = [tokenizer.decode(dataset[i]["token_ids"]) for i in range(len(dataset))]
    assert captions == ["a cat", "grüße"]


def test_damaged_pair_names_shard_and_key(
    tmp_path: Path, write_tar: Callable[..., Path], encode: Callable[..., bytes], tokenizer: Any
) -> None:
    members = {"0.jpg": b"html", "0.txt": b"x", "1.jpg": encode(), "1.txt": b"caf\xe9"}
    write_tar(tmp_path / "0.tar", members)
    dataset = ImageTextPairs(str(tmp_path), ResizeCenterCrop(8), tokenizer)
    with pytest.raises(DecodeError, match=r"0\.tar: 0\.jpg: not an image"):
        dataset[0]
    with pytest.raises(DecodeError, match=r"0\.tar: 1\.jpg: the caption is not UTF-8"):
        dataset[1]


def test_missing_shards_are_explained(tmp_path: Path, tokenizer: Any) -> None:
    with pytest.raises(FileNotFoundError, match=r"ImageTextPairs\(shards=.*no file matches"):
        ImageTextPairs(f"{tmp_path}/*.tar", ResizeCenterCrop(8), tokenizer)


def test_shard_without_its_texts_is_an_error(
    tmp_path: Path, write_shard: WriteShard, tokenizer: Any
) -> None:
    write_shard(tmp_path / "0.tar", 0, ["a", None])
    settings = (str(tmp_path), ResizeCenterCrop(8), tokenizer)
    with pytest.raises(ValueError, match=r"1 images .* no text .*0\.tar, with 000000001\. "):
        ImageTextPairs(*settings)
    assert len(ImageTextPairs(*settings, without_text="skip")) == 1
