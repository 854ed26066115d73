import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from iclip.datasets.image_text_pairs import ImageTextPairs
from iclip.datasets.readers.decoding import DecodeError
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
    with pytest.raises(
        FileNotFoundError, match=r"ImageTextPairs\(shards=.*no .tar there, nor another file"
    ):
        ImageTextPairs(f"{tmp_path}/*.tar", ResizeCenterCrop(8), tokenizer)


def test_shard_without_its_texts_is_an_error(
    tmp_path: Path, write_shard: WriteShard, tokenizer: Any
) -> None:
    write_shard(tmp_path / "0.tar", 0, ["a", None])
    settings = (str(tmp_path), ResizeCenterCrop(8), tokenizer)
    with pytest.raises(
        ValueError,
        match=r"1 image in the shards without a text .* such as .*0\.tar: 000000001\.jpg\. ",
    ):
        ImageTextPairs(*settings)
    dataset = ImageTextPairs(*settings, without_text="skip")
    assert len(dataset) == 1
    assert f"1 image without a text ({tmp_path}/0.tar: 000000001.jpg)" in str(dataset.summary())


def test_names_of_the_members_may_be_said(
    tmp_path: Path, write_tar: Callable[..., Path], encode: Callable[..., bytes], tokenizer: Any
) -> None:
    members = {"0.input.jpg": encode(), "0.outputs.txt": b"a cat", "0.mask.png": b"no"}
    write_tar(tmp_path / "0.tar", members)
    dataset = ImageTextPairs(
        str(tmp_path),
        ResizeCenterCrop(8),
        tokenizer,
        text_extension=".outputs.TXT",
        image_extension="input.jpg",
    )
    assert [tokenizer.decode(sample["token_ids"]) for sample in [dataset[0]]] == ["a cat"]
    assert len(dataset) == 1


@pytest.mark.parametrize("text", ["grüße", "日本"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_captions_are_read_by_their_mark(
    tmp_path: Path,
    write_tar: Callable[..., Path],
    encode: Callable[..., bytes],
    tokenizer: Any,
    text: str,
    encoding: str,
) -> None:
    write_tar(tmp_path / "0.tar", {"0.jpg": encode(), "0.txt": text.encode(encoding)})
    dataset = ImageTextPairs(str(tmp_path), ResizeCenterCrop(8), tokenizer)
    assert tokenizer.decode(dataset[0]["token_ids"]) == text


def json_pairs(folder: Path, write_tar: Any, image: bytes, text: str, **settings: Any) -> Any:
    write_tar(folder / "0.tar", {"0.jpg": image, "0.json": text.encode()})
    return ImageTextPairs(str(folder), ResizeCenterCrop(8), text_extension="json", **settings)


@pytest.mark.parametrize(("key", "caption"), [("caption", "a cat"), ("alt", "other")])
def test_caption_may_be_an_entry_of_the_json(
    tmp_path: Path, write_tar: Any, encode: Any, tokenizer: Any, key: str, caption: str
) -> None:
    text = '{"caption": "a cat", "alt": "other", "width": 3}'
    dataset = json_pairs(tmp_path, write_tar, encode(), text, tokenizer=tokenizer, caption_key=key)
    assert tokenizer.decode(dataset[0]["token_ids"]) == caption


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"no entry caption_key='caption' \(JSONDecodeError"),
        ("[]", r"no entry caption_key='caption' \(TypeError"),
        ('{"text": "a"}', r"no entry caption_key='caption' \(KeyError"),
        ('{"caption": 7}', "'caption' is not a text: 7"),
        (r'{"caption": "\ud800"}', "'caption' is not a text: "),
        ('{"caption": null}', "the caption is blank"),
        ('{"caption": "  "}', "the caption is blank"),
    ],
)
def test_json_without_a_caption_is_a_decode_error_with_its_name(
    tmp_path: Path, write_tar: Any, encode: Any, tokenizer: Any, text: str, message: str
) -> None:
    dataset = json_pairs(tmp_path, write_tar, encode(), text, tokenizer=tokenizer)
    with pytest.raises(DecodeError, match=rf"0\.tar: 0\.jpg: .*{message}"):
        dataset[0]


def test_summary_says_what_is_read_and_what_is_not(
    folder: Path, write_tar: Callable[..., Path], tokenizer: Any
) -> None:
    write_tar(folder / "00002.tar", {"9.txt": b"alone", "._9.jpg": b"x"})
    (folder / "stats.parquet").touch()
    dataset = ImageTextPairs(str(folder), ResizeCenterCrop(8), tokenizer, fraction=0.4)
    assert str(dataset.summary()) == (
        f"ImageTextPairs {folder}: 2 pairs, 5 pairs in store, 3 shards; left out: "
        f"5 .json members ({folder}/00000.tar: 000000000.json), "
        f"1 hidden member ({folder}/00002.tar: ._9.jpg), "
        f"1 text without an image ({folder}/00002.tar: 9.txt), "
        f"1 shard without a sample ({folder}/00002.tar), "
        f"1 .parquet file ({folder}/stats.parquet)"
    )


@pytest.fixture
def odd_pairs(
    tmp_path: Path, write_tar: Callable[..., Path], encode: Callable[..., bytes], tokenizer: Any
) -> ImageTextPairs:
    """A good and a damaged pair, whose names are not text in any encoding but a code page."""
    odd = os.fsdecode(b"caf\xe9")
    good, damaged = {f"{odd}.jpg": encode(), f"{odd}.txt": b"a"}, {"0.jpg": b"x", "0.txt": b"b"}
    path = write_tar(tmp_path / odd / f"{odd}.tar", {**good, **damaged, f"{odd}.xml": b""})
    return ImageTextPairs(str(path), ResizeCenterCrop(8), tokenizer)


def test_names_need_not_be_text(odd_pairs: ImageTextPairs, tokenizer: Any) -> None:
    assert tokenizer.decode(odd_pairs[0]["token_ids"]) == "a"
    (omission,) = odd_pairs.summary().left_out
    assert str(omission).encode().endswith(rb"caf\udce9.tar: caf\udce9.xml)")


def test_error_is_printable_whatever_the_name(odd_pairs: ImageTextPairs) -> None:
    with pytest.raises(DecodeError) as error:
        odd_pairs[1]
    assert rb"/caf\udce9.tar: 0.jpg: not an image" in str(error.value).encode()


def test_shards_may_be_left_out_for_good(
    folder: Path, tokenizer: Any, write_shard: WriteShard
) -> None:
    write_shard(folder / "broken.tar", 0, "x").write_bytes(b"")
    settings = dict(shards=str(folder), leave_out=["broken.tar"])
    ImageTextPairs.check_files(settings)
    with ThreadPoolExecutor(1) as executor:
        ImageTextPairs.index_files(settings, executor, 1)
    crop = ResizeCenterCrop(8)
    pairs = ImageTextPairs(str(folder), crop, tokenizer, leave_out=["broken.tar"])
    assert f"1 shard named in leave_out ({folder}/broken.tar)" in str(pairs.summary())
    assert len(pairs) == len(ImageTextPairs(str(folder / "[0-9]*.tar"), crop, tokenizer))
