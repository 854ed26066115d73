import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iclip.datasets.readers.decoding import DecodeError
from iclip.datasets.retrieval_images import RetrievalImages
from iclip.datasets.transforms import ResizeCenterCrop

TRANSFORM = ResizeCenterCrop(16)


def entry(filename: str, captions: list[str], split: str = "test", **more: str) -> dict[str, Any]:
    sentences = [{"raw": caption, "tokens": []} for caption in captions]
    return {"filename": filename, "split": split, "sentences": sentences, **more}


@pytest.fixture
def dataset(
    tmp_path: Path, encode: Callable[..., bytes], tokenizer: Any
) -> Callable[..., RetrievalImages]:
    (tmp_path / "val").mkdir()
    (tmp_path / "0.jpg").write_bytes(encode(seed=0))
    (tmp_path / "val" / "1.jpg").write_bytes(encode(seed=1))

    def dataset(images: Any, **settings: Any) -> RetrievalImages:
        (tmp_path / "karpathy.json").write_text(json.dumps(images))
        return RetrievalImages(
            tmp_path / "karpathy.json", tmp_path, TRANSFORM, tokenizer, **settings
        )

    return dataset


IMAGES = {
    "images": [
        entry("0.jpg", ["a", "b", "c", "d", "e", "f"]),
        entry("9.jpg", ["not in the test"], split="train"),
        entry("1.jpg", ["g", "h"], filepath="val"),
    ]
}


def test_split_is_taken_with_its_captions(
    dataset: Callable[..., RetrievalImages], tokenizer: Any, encode: Callable[..., bytes]
) -> None:
    test = dataset(IMAGES)
    samples = [test[i] for i in range(len(test))]
    captions = [[tokenizer.decode(row) for row in sample["token_ids"]] for sample in samples]
    assert captions == [["a", "b", "c", "d", "e"], ["g", "h"]]
    for i, sample in enumerate(samples):
        assert sample["image"].equal(TRANSFORM(encode(seed=i)))


def test_number_of_captions_is_limited(dataset: Callable[..., RetrievalImages]) -> None:
    test = dataset(IMAGES, captions_per_image=1)
    assert [len(test[i]["token_ids"]) for i in range(2)] == [1, 1]


def test_unknown_split_names_those_there_are(dataset: Callable[..., RetrievalImages]) -> None:
    with pytest.raises(
        ValueError, match=r"no image in split='val'; it has 2 in 'test', 1 in 'train'"
    ):
        dataset(IMAGES, split="val")


def test_other_format_is_refused(dataset: Callable[..., RetrievalImages]) -> None:
    with pytest.raises(
        ValueError, match=r"karpathy\.json has no list 'images': it is neither Karp"
    ):
        dataset([])


def test_missing_images_are_counted(dataset: Callable[..., RetrievalImages]) -> None:
    with pytest.raises(FileNotFoundError, match=r"image_root=.*1 of 1 images are missing.* 9\.jpg"):
        dataset(IMAGES, split="train")


@pytest.mark.parametrize("captions", [[], ["", "  "]])
def test_image_without_caption_is_refused(
    dataset: Callable[..., RetrievalImages], captions: list[str]
) -> None:
    with pytest.raises(ValueError, match=r"json: 1 image of 1 without a caption: 0\.jpg"):
        dataset({"images": [entry("0.jpg", captions)]})


def test_summary_says_what_is_read_and_what_is_not(
    dataset: Callable[..., RetrievalImages], tmp_path: Path
) -> None:
    (tmp_path / "2.jpg").touch()
    images = [*IMAGES["images"], entry("2.jpg", ["i", " ", "j"])]
    assert str(dataset({"images": images}).summary()) == (
        f"RetrievalImages {tmp_path}/karpathy.json: 3 images, 9 captions; split 'test'; left out: "
        "1 blank caption (2.jpg), 1 caption after the first 5 of an image (0.jpg), "
        "1 image of split 'train' (not asked for)"
    )


def test_table_in_another_encoding_is_read(
    dataset: Callable[..., RetrievalImages], tmp_path: Path, tokenizer: Any
) -> None:
    dataset(IMAGES)
    content = json.dumps({"images": [entry("0.jpg", ["grüße"])]}, ensure_ascii=False)
    (tmp_path / "karpathy.json").write_text(content, encoding="utf-16")
    test = RetrievalImages(tmp_path / "karpathy.json", tmp_path, TRANSFORM, tokenizer)
    assert tokenizer.decode(test[0]["token_ids"][0]) == "grüße"


def test_code_page_is_named(dataset: Callable[..., RetrievalImages], tmp_path: Path) -> None:
    dataset(IMAGES)
    (tmp_path / "karpathy.json").write_bytes(b'{"images": "\xfc"}')
    with pytest.raises(ValueError, match=r"karpathy\.json is not UTF-8: line 1 .* Save it"):
        RetrievalImages(tmp_path / "karpathy.json", tmp_path, TRANSFORM, None)


def test_missing_annotations_are_explained(tmp_path: Path, tokenizer: Any) -> None:
    with pytest.raises(FileNotFoundError, match=r"RetrievalImages\(annotations=.*no such file"):
        RetrievalImages(tmp_path / "no.json", tmp_path, TRANSFORM, tokenizer)


def test_damaged_image_is_an_error_with_its_name(
    dataset: Callable[..., RetrievalImages], tmp_path: Path
) -> None:
    (tmp_path / "val" / "1.jpg").write_bytes(b"")
    with pytest.raises(DecodeError, match=r"val/1\.jpg: not an image"):
        dataset(IMAGES)[1]
