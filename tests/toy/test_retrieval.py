import json
from pathlib import Path

import cv2
import pytest

from iclip.toy.retrieval import sample_retrieval
from iclip.toy.vocabulary import COLORS
from iclip.toy.world import World, WorldConfig


@pytest.fixture(scope="module")
def captions() -> list[list[str]]:
    return [texts for _, texts in sample_retrieval(World(WorldConfig(seed=1)))]


def bare(text: str) -> str:
    return text.lower().rstrip(".")


def test_images_have_five_different_captions(captions: list[list[str]]) -> None:
    assert len(captions) == 1000
    assert all(len({bare(text) for text in texts}) == 5 for texts in captions)


def test_no_caption_is_that_of_another_image(captions: list[list[str]]) -> None:
    assert len({bare(text) for texts in captions for text in texts}) == 5000


def test_no_caption_says_only_what_another_caption_says(captions: list[list[str]]) -> None:
    words = [
        (image, frozenset(bare(text).replace(",", "").split()))
        for image, texts in enumerate(captions)
        for text in texts
    ]
    parts = sum(
        any(said < other and image != i for i, other in words) for image, said in words[::20]
    )
    # By chance, where other objects lend the words; 39 % in a world whose captions left words out.
    assert parts <= 0.04 * len(words[::20])


def test_captions_name_a_color_for_every_object(captions: list[list[str]]) -> None:
    for texts in captions:
        counts = {sum(bare(text).split().count(c) for c in COLORS) for text in texts}
        assert counts in ({1}, {2})


def test_largest_set_can_be_sampled() -> None:
    config = WorldConfig(retrieval_images=1500, one_object_rate=0.0)
    assert len(sample_retrieval(World(config))) == 1500


def test_karpathy_json_lists_the_images(tiny_root: Path) -> None:
    records = json.loads((tiny_root / "retrieval" / "karpathy.json").read_text())["images"]
    files = {p.name for p in (tiny_root / "retrieval" / "images").iterdir()}
    assert {r["filename"] for r in records} == files and len(records) == 40
    assert {r["split"] for r in records} == {"test"}
    assert {len(r["sentences"]) for r in records} == {5}
    ids = [s["sentid"] for r in records for s in r["sentences"]]
    assert ids == [i for r in records for i in r["sentids"]] == list(range(200))
    image = cv2.imread(str(tiny_root / "retrieval" / "images" / records[0]["filename"]))
    assert image.shape == (48, 48, 3)
