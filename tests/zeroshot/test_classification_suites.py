"""Suites say which data sets are there, and what the others need."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from iclip.zeroshot.classification_suites import SUITES, open_suite


def test_every_set_of_a_suite_says_what_it_needs(tmp_path: Path):
    found, missing = open_suite("kornblith12", tmp_path)
    assert not found
    assert len(missing) == 12
    assert missing[0].startswith(
        f"food101: {tmp_path / 'food101'} (as torchvision.datasets.Food101"
    )
    assert list(SUITES["kornblith12"])[7] == "voc2007"


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Oxford-IIIT Pets' files in short: two breeds, three test images."""
    base = tmp_path / "oxford_pets/oxford-iiit-pet"
    (base / "images").mkdir(parents=True)
    (base / "annotations").mkdir()
    names = ["Abyssinian_1", "american_bulldog_2", "Abyssinian_3"]
    for name in names:
        Image.new("RGB", (20, 20)).save(base / f"images/{name}.jpg")
    lines = [f"{name} {2 if 'bull' in name else 1} 1 1" for name in names]
    (base / "annotations/test.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_torchvisions_reader_with_names_and_templates_of_the_package(pets: Path):
    found, missing = open_suite("kornblith12", pets, ["oxford_pets", "dtd"])
    images = found["oxford_pets"]
    assert images.metric == "mean per class"
    assert images.templates == ["a photo of a {}, a type of pet."]
    assert [images.class_texts[i].names[0] for i in (0, 1)] == ["Abyssinian", "American Bulldog"]
    assert images.labelled.labels.tolist() == [0, 1, 0]
    assert len(missing) == 1


@pytest.mark.parametrize(
    ("suite", "only", "told"),
    [
        ("kornblith", None, "--suite kornblith is unknown; there are kornblith12"),
        ("kornblith12", ["mnist"], "--datasets mnist: the suite kornblith12 has food101"),
    ],
)
def test_unknown_name_is_refused(suite: str, only: Sequence[str] | None, told: str, tmp_path: Path):
    with pytest.raises(ValueError, match=told):
        open_suite(suite, tmp_path, only)
