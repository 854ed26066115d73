import json
from pathlib import Path
from typing import Any

import pytest

from iclip.text.class_texts import ClassText
from iclip.text.shared_classes import shared_classes
from iclip.text.sources.lvis import from_lvis, lvis_synsets
from iclip.text.sources.wordnet import WordNet
from tests.support.imagenet22k import IMAGENET22K_WNIDS

BAT = {"id": 2, "name": "bat_(animal)", "synonyms": ["bat_(animal)"], "def": "a night animal"}
SPRAY = {
    "id": 1,
    "name": "aerosol_can",
    "synonyms": ["aerosol_can", "spray_can"],
    "def": "a dispenser that holds a substance under pressure",
    "synset": "aerosol.n.02",
    "frequency": "c",
}


def write_lvis(folder: Path, *categories: dict[str, Any]) -> Path:
    path = folder / "lvis.json"
    path.write_text(json.dumps({"images": [], "annotations": [], "categories": categories}))
    return path


def test_lvis_categories_are_ordered_by_id_with_blanks_for_underscores(tmp_path: Path) -> None:
    assert from_lvis(write_lvis(tmp_path, BAT, SPRAY)).texts == (
        ClassText("1", ("aerosol can", "spray can"), SPRAY["def"]),
        ClassText("2", ("bat (animal)",), "a night animal"),
    )


def test_lvis_name_comes_first_whatever_the_order_of_synonyms(tmp_path: Path) -> None:
    category = {**SPRAY, "name": "spray_can"}
    assert from_lvis(write_lvis(tmp_path, category)).texts[0].names == ("spray can", "aerosol can")


def test_repeated_lvis_category_is_named(tmp_path: Path) -> None:
    assert from_lvis(write_lvis(tmp_path, SPRAY, BAT, SPRAY)).repeated == ("1",)


def test_contradicting_lvis_categories_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1 ids have several texts: 1"):
        from_lvis(write_lvis(tmp_path, SPRAY, {**BAT, "id": 1}))


def test_coco_categories_are_refused(tmp_path: Path) -> None:
    path = write_lvis(tmp_path, SPRAY, {"id": 3, "name": "cat", "supercategory": "animal"})
    with pytest.raises(ValueError, match=r"1 of 2 categories lack .* \(cat\). LVIS has them"):
        from_lvis(path)


@pytest.mark.parametrize("content", ["[]", "{}", '{"categories": []}', '{"categories": 3}'])
def test_json_without_categories_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "lvis.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="holds no list `categories`"):
        from_lvis(path)


@pytest.mark.parametrize(
    "change", [{"id": "1"}, {"name": None}, {"synonyms": "can"}, {"synonyms": [1]}, {"def": 3}]
)
def test_category_of_another_form_is_named(tmp_path: Path, change: dict[str, Any]) -> None:
    named = change.get("name", "aerosol_can")
    with pytest.raises(ValueError, match=rf"1 of 2 categories lack .* \({named}\)"):
        from_lvis(write_lvis(tmp_path, BAT, {**SPRAY, **change}))


def test_category_that_is_not_an_object_is_named_by_its_place(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"1 of 2 categories lack .* \(the entry 1\)"):
        from_lvis(write_lvis(tmp_path, BAT, "can"))  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_annotation_file_is_read_by_its_mark(tmp_path: Path, encoding: str) -> None:
    path = write_lvis(tmp_path, SPRAY)
    path.write_text(path.read_text(), encoding=encoding)
    assert from_lvis(path).texts[0].id == "1"


def test_broken_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lvis.json"
    path.write_text('{"categories": [')
    with pytest.raises(ValueError, match=r"lvis\.json is not a JSON file"):
        from_lvis(path)


def test_missing_annotation_file_is_named_by_its_flag(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"--lvis .*nowhere: there is no such file"):
        from_lvis(tmp_path / "nowhere")


def test_categories_of_a_frequency_have_wordnets_ids(tmp_path: Path, small_wordnet: Path) -> None:
    crane = {**SPRAY, "id": 4, "name": "crane", "synset": "crane.n.02", "frequency": "r"}
    unknown = {**SPRAY, "id": 5, "synset": "no synset", "frequency": "r"}
    path = write_lvis(tmp_path, unknown, SPRAY, crane, {**BAT, "frequency": "r"})
    found = lvis_synsets(path, "rare", WordNet())
    assert [text.id for text in found] == ["2", "n03126707", "5"]
    with pytest.raises(ValueError, match="has no category of the frequency 'frequent'"):
        lvis_synsets(path, "frequent", WordNet())


def test_85_percent_of_lviss_rare_categories_are_among_imagenet_22ks(
    real_data: Path, real_wordnet: WordNet
) -> None:
    rare = lvis_synsets(real_data / "lvis/lvis_val_100.json", "rare", real_wordnet)
    # Names are of no account between synsets.
    known = [ClassText(wnid, (wnid,)) for wnid in IMAGENET22K_WNIDS]
    assert len(shared_classes(rare, known)) == 385
    assert round(100 * 385 / len(rare)) == 85
