import json
from pathlib import Path
from typing import Any

import pytest

from iclip.text.class_texts import ClassText
from iclip.text.sources import Collected, from_csv, from_lvis, from_wnids

TENCH = ClassText("n01440764", ("tench", "Tinca tinca"), "freshwater dace-like game fish")
BIRD = ClassText("n02012849", ("crane",), "large wading bird")
MACHINE = ClassText("n03126707", ("crane",), "lifts and moves heavy objects")


class SmallDictionary:
    def find(self, wnid: str) -> ClassText | None:
        return {text.id: text for text in (TENCH, BIRD, MACHINE)}.get(wnid)


def collect(path: Path) -> Collected:
    return from_wnids(path, SmallDictionary())


def test_folders_are_collected_in_the_order_of_their_labels(tmp_path: Path) -> None:
    for wnid in (MACHINE.id, TENCH.id, BIRD.id, ".cache"):
        (tmp_path / wnid).mkdir()
    (tmp_path / "README.txt").touch()
    assert collect(tmp_path) == Collected((TENCH, BIRD, MACHINE))


def test_tar_files_are_collected_in_the_order_of_their_labels(tmp_path: Path) -> None:
    for wnid in (BIRD.id, TENCH.id):
        (tmp_path / f"{wnid}.tar").touch()
    assert collect(tmp_path) == Collected((TENCH, BIRD))


def test_list_keeps_its_order_and_reads_the_first_word_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "wnids.txt"
    path.write_text(f"{MACHINE.id}\n\n  {TENCH.id} tench, Tinca tinca\r\n")
    assert collect(path) == Collected((MACHINE, TENCH))


def test_unknown_ids_are_named_and_not_dropped_silently(tmp_path: Path) -> None:
    path = tmp_path / "wnids.txt"
    path.write_text(f"{TENCH.id}\nn99999999\ntrain\n")
    assert collect(path) == Collected((TENCH,), missing=("n99999999", "train"))


def test_repeated_ids_are_kept_once_and_named(tmp_path: Path) -> None:
    (tmp_path / TENCH.id).mkdir()
    (tmp_path / f"{TENCH.id}.tar").touch()
    (tmp_path / BIRD.id).mkdir()
    assert collect(tmp_path) == Collected((TENCH, BIRD), repeated=(TENCH.id,))


def test_folder_without_any_wnid_is_refused(tmp_path: Path) -> None:
    for name in ("train", "val"):
        (tmp_path / name).mkdir()
    with pytest.raises(ValueError, match=r"none of its 2 entries is an id .* \(train, val\). Give"):
        collect(tmp_path)


def test_missing_wnids_are_named_by_their_flag(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"--wnids .*nowhere: there is no such folder"):
        collect(tmp_path / "nowhere")


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


def test_broken_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lvis.json"
    path.write_text('{"categories": [')
    with pytest.raises(ValueError, match=r"lvis\.json is not a JSON file"):
        from_lvis(path)


def test_missing_annotation_file_is_named_by_its_flag(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"--lvis .*nowhere: there is no such file"):
        from_lvis(tmp_path / "nowhere")


def write_csv(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "classes.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_csv_rows_keep_their_order_and_synonyms(tmp_path: Path) -> None:
    path = write_csv(tmp_path, 'id,name,description\nb,bee | bumblebee,"buzzes, stings"\na,ant,\n')
    assert from_csv(path).texts == (
        ClassText("b", ("bee", "bumblebee"), "buzzes, stings"),
        ClassText("a", ("ant",), ""),
    )


def test_csv_columns_may_come_in_any_order_and_from_a_spreadsheet(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "name,id,description\nant,a,small\n", encoding="utf-8-sig")
    assert from_csv(path).texts == (ClassText("a", ("ant",), "small"),)


def test_csv_duplicates_are_kept_once_and_named(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "id,name,description\na,ant,\nb,bee,\na,ant,\n")
    assert from_csv(path).repeated == ("a",)


def test_contradicting_csv_rows_are_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "id,name,description\na,ant,\na,ant,small\n")
    with pytest.raises(ValueError, match="1 ids have several texts: a"):
        from_csv(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "must name the columns id,name,description; found nothing"),
        ("id,name\na,ant\n", "must name the columns id,name,description; found id,name"),
        ("id,name,description\n", "holds no rows"),
        ("id,name,description\na,ant,small\nb,bee\n", "line 3: expected the three fields"),
        ("id,name,description\na,ant,small, quick\n", "line 2: expected the three fields"),
        ("id,name,description\n ,ant,small\n", "line 2: the id, or a name, is empty"),
        ("id,name,description\na,ant|,small\n", "line 2: the id, or a name, is empty"),
    ],
)
def test_bad_csv_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        from_csv(write_csv(tmp_path, text))


def test_missing_csv_is_named_by_its_flag(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"--csv .*nowhere: there is no such file"):
        from_csv(tmp_path / "nowhere")
