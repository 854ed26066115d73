import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from iclip.datasets.labelled_images import LabelledImages
from iclip.text.build.class_text_sources import (
    CollectedTexts,
    from_csv,
    from_lvis,
    from_wnids,
    read_wnids,
)
from iclip.text.class_texts import ClassText, ClassTexts

TENCH = ClassText("n01440764", ("tench", "Tinca tinca"), "freshwater dace-like game fish")
BIRD = ClassText("n02012849", ("crane",), "large wading bird")
MACHINE = ClassText("n03126707", ("crane",), "lifts and moves heavy objects")


class SmallDictionary:
    def find(self, wnid: str) -> ClassText | None:
        return {text.id: text for text in (TENCH, BIRD, MACHINE)}.get(wnid)


def collect(path: Path) -> CollectedTexts:
    return from_wnids(path, SmallDictionary())


def test_folders_are_collected_in_the_order_of_their_labels(tmp_path: Path) -> None:
    for wnid in (MACHINE.id, TENCH.id, BIRD.id, ".cache"):
        (tmp_path / wnid).mkdir()
    (tmp_path / "README.txt").touch()
    collected = collect(tmp_path)
    assert collected.texts == (TENCH, BIRD, MACHINE)
    assert collected.left_out == (
        f"1 .txt file ({tmp_path}/README.txt)",
        f"1 hidden file ({tmp_path}/.cache)",
    )


def test_tar_files_are_collected_in_the_order_of_their_labels(tmp_path: Path) -> None:
    for wnid in (BIRD.id, TENCH.id):
        (tmp_path / f"{wnid}.tar").touch()
    assert collect(tmp_path) == CollectedTexts((TENCH, BIRD))


def test_list_keeps_its_order_and_reads_the_first_word_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "wnids.txt"
    path.write_text(f"{MACHINE.id}\n\n  {TENCH.id} tench, Tinca tinca\r\n")
    assert collect(path) == CollectedTexts((MACHINE, TENCH))


def test_unknown_ids_are_named_and_not_dropped_silently(tmp_path: Path) -> None:
    path = tmp_path / "wnids.txt"
    path.write_text(f"{TENCH.id}\nn99999999\ntrain\n")
    assert collect(path) == CollectedTexts((TENCH,), missing=("n99999999", "train"))


def test_repeated_ids_are_kept_once_and_named(tmp_path: Path) -> None:
    (tmp_path / TENCH.id).mkdir()
    (tmp_path / f"{TENCH.id}.tar").touch()
    (tmp_path / BIRD.id).mkdir()
    assert collect(tmp_path) == CollectedTexts((TENCH, BIRD), repeated=(TENCH.id,))


def test_list_saved_by_windows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "wnids.txt"
    path.write_text(f"{TENCH.id}\r\n{BIRD.id} crane\r\n", encoding="utf-16")
    assert collect(path).texts == (TENCH, BIRD)


@pytest.mark.parametrize("kind", ["folder", "tar"])
def test_entries_are_the_classes_that_training_reads(tmp_path: Path, kind: str) -> None:
    for name in ("b", "a", ".hidden", "c.d"):
        folder = tmp_path / (name if kind == "folder" else f"{name}.TAR")
        folder.mkdir() if kind == "folder" else tarfile.open(folder, "w").close()
    for name in ("._a.tar", "notes.txt", "a.tar.gz", "b.tar.idx.npz"):
        (tmp_path / name).touch()
    entries, _ = read_wnids(tmp_path)
    texts = ClassTexts(ClassText(id, (id,)) for id in entries)
    # Empty classes are refused by name: all of them, and none that the table lacks.
    with pytest.raises(ValueError, match=r"hold no image|no image among") as error:
        LabelledImages(tmp_path, texts, lambda encoded, seed: None)  # type: ignore[arg-type]
    assert entries == ["a", "b", "c.d"]
    assert kind == "tar" or "3 of 3 classes" in str(error.value)


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


@pytest.mark.parametrize(
    "change", [{"id": "1"}, {"name": None}, {"synonyms": "can"}, {"synonyms": [1]}, {"def": 3}]
)
def test_category_of_another_form_is_named(tmp_path: Path, change: dict[str, Any]) -> None:
    named = change.get("name", "aerosol_can")
    with pytest.raises(ValueError, match=rf"1 of 2 categories lack .* \({named}\)"):
        from_lvis(write_lvis(tmp_path, BAT, {**SPRAY, **change}))


def test_category_that_is_no_object_is_named_by_its_place(tmp_path: Path) -> None:
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


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", list(",;\t"))
def test_csv_of_a_spreadsheet_is_read(tmp_path: Path, encoding: str, separator: str) -> None:
    lines = [("id", "name", "description"), ("7", "käfer | bug", 'says "hi"'), ("8", "ant", "")]
    text = "".join(separator.join(line) + "\r\n" for line in lines)
    assert from_csv(write_csv(tmp_path, text, encoding)).texts == (
        ClassText("7", ("käfer", "bug"), 'says "hi"'),
        ClassText("8", ("ant",), ""),
    )


def test_csv_in_a_code_page_is_named(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "id,name,description\na,käfer,\n", "cp1252")
    with pytest.raises(ValueError, match=r"classes\.csv is not UTF-8: line 2 .* Save it as UTF-8"):
        from_csv(path)


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
        ("", "must name the columns id,name,description: .*has no column 'id'.*is \\[\\]"),
        ("id,name\na,ant\n", "id,name,description: .*has no column 'description'; .*'name'\\]"),
        ("id,name,description,x\na,b,c,d\n", "id,name,description only; there is also x"),
        ("id,name,description\n", "holds no rows"),
        (
            "id,name,description\na,ant,small\nb,bee\n",
            r"1 row with fewer fields than the header \(line 3\)\. Each row",
        ),
        (
            "id,name,description\na,ant,small, quick\n",
            r"1 row with more fields than the header \(line 2\)\. Each row",
        ),
        ("id,name,description\n ,ant,small\n", r"1 row whose 'id' is blank \(line 2\)"),
        ("id,name,description\na,ant|,small\n", "line 2: one of the names between \\| is empty"),
    ],
)
def test_bad_csv_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        from_csv(write_csv(tmp_path, text))


def test_missing_csv_is_named_by_its_flag(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"--csv .*nowhere: there is no such file"):
        from_csv(tmp_path / "nowhere")
