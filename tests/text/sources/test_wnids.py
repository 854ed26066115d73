import tarfile
from pathlib import Path

import pytest

from iclip.datasets.labelled_images import LabelledImages
from iclip.text.class_texts import ClassText, ClassTexts
from iclip.text.sources.collected_texts import CollectedTexts
from iclip.text.sources.wnids import from_wnids, read_wnids

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
