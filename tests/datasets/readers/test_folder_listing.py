import multiprocessing
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iclip.datasets.readers import folder_listing as module
from iclip.datasets.readers.class_folders import ClassFolders
from iclip.datasets.readers.folder_listing import FolderListing, kept_listing, list_folders

NAMES = ["a", "b", "empty", "z"]


@pytest.fixture
def root(write_classes: Callable[..., Path]) -> Path:
    """Images at several depths, with a name that is not UTF-8, behind a link, and other files."""
    root = write_classes({"a": 2, "b": 3, "empty": 0, "z": 1})
    (root.parent / "elsewhere").mkdir()
    (root.parent / "elsewhere" / "5.jpg").touch()
    (root / "z" / "link").symlink_to(root.parent / "elsewhere")
    for name in (b"b/deep/er/1.PNG", b"b/deep.jpg", b"a/notes.txt", b"a/\xff.jpg"):
        path = Path(os.fsdecode(os.path.join(os.fsencode(root), name)))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Roots whose folders were read."""
    roots: list[str] = []

    def spy(root: str, folders: list[str], *rest: Any) -> FolderListing:
        roots.append(root)
        return list_folders(root, folders, *rest)

    monkeypatch.setattr(module, "list_folders", spy)
    return roots


def content(listing: FolderListing) -> tuple[object, ...]:
    paths = [listing.paths[number] for number in range(len(listing.paths))]
    return paths, listing.counts, listing.left_out


def test_kept_listing_is_that_of_the_folders(root: Path, listed: list[str]) -> None:
    plain = content(list_folders(str(root), NAMES))
    assert [content(kept_listing(str(root), NAMES)) for _ in range(3)] == [plain] * 3
    assert len(listed) == 1 and sum(plain[1]) == len(plain[0]) == 10
    assert [path.name[:8] for path in root.glob("*.idx")] == ["folders-"]


CHANGES: dict[str, Callable[[Path], object]] = {
    "image": lambda root: (root / "a" / "new.jpg").touch(),
    "image in a class without one": lambda root: (root / "empty" / "new.jpg").touch(),
    "image at depth": lambda root: (root / "b" / "deep" / "er" / "new.jpg").touch(),
    "image behind a link": lambda root: (root.parent / "elsewhere" / "new.jpg").touch(),
    "removed": lambda root: (root / "b" / "deep.jpg").unlink(),
    "renamed": lambda root: (root / "b" / "deep.jpg").rename(root / "b" / "flat.jpg"),
    "folder": lambda root: (root / "z" / "new").mkdir(),
    "removed folder": lambda root: (root / "z" / "link").unlink(),
    "gone": lambda root: (root / "empty").rmdir() or (root / "empty").mkdir(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_change_of_any_folder_is_noticed(root: Path, listed: list[str], change: str) -> None:
    kept_listing(str(root), NAMES)
    CHANGES[change](root)
    assert content(kept_listing(str(root), NAMES)) == content(list_folders(str(root), NAMES))
    kept_listing(str(root), NAMES)
    assert len(listed) == 2


def test_selections_do_not_mix(root: Path) -> None:
    for names in (NAMES, NAMES[:2], NAMES[::-1], NAMES):
        assert content(kept_listing(str(root), names)) == content(list_folders(str(root), names))


@pytest.mark.parametrize("damage", ["cut", "no text", "other format", "empty"])
def test_damaged_file_is_written_anew(root: Path, listed: list[str], damage: str) -> None:
    expected = content(kept_listing(str(root), NAMES))
    (file,) = root.glob("*.idx")
    whole = file.read_bytes()
    file.write_bytes({
        "cut": whole[:-3], "no text": whole[:20] + b"\xff" + whole[21:],
        "other format": whole.replace(b'"format": 1', b'"format": 0'), "empty": b"",
    }[damage])  # fmt: skip
    assert content(kept_listing(str(root), NAMES)) == expected
    assert len(listed) == 2 and file.read_bytes() == whole


def test_progress_is_reported(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(module, "print_log", lambda text, **settings: said.append(text))
    kept_listing(str(root), NAMES)
    assert said[-1].startswith("listing 4 folders, once only:  4/4  ")
    list_folders(str(root), NAMES)
    assert len(said) == 1


def test_listing_of_a_read_only_root_goes_to_the_cache(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    kept_listing(str(root), NAMES)
    assert not list(root.glob("*.idx"))
    assert len(list((tmp_path / "cache").rglob("folders-*.idx"))) == 1


def test_listing_that_cannot_be_kept_is_used_and_said(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(module, "print_log", lambda text, **settings: said.append(text))
    (tmp_path / "file").touch()
    listing = kept_listing(str(root), NAMES, tmp_path / "file" / "folder")
    assert content(listing) == content(list_folders(str(root), NAMES))
    assert said[-1].startswith(
        f"The listing of {root} is not kept: {tmp_path}/file/folder/folders-"
    )


def test_folder_that_cannot_be_read_is_an_error(root: Path) -> None:
    with pytest.raises(FileNotFoundError, match="missing"):
        kept_listing(str(root), [*NAMES, "missing"])
    assert not list(root.glob("*.idx*"))


def read_all(images: ClassFolders) -> list[str]:
    return [images.sample_name(number) for number in range(sum(images.counts))]


def test_data_workers_read_the_kept_listing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = ClassFolders(root, NAMES)
    monkeypatch.setattr("iclip.datasets.readers.class_folders._MANY_CLASSES", 4)
    kept = ClassFolders(root, NAMES)
    assert list(root.glob("*.idx")) and read_all(kept) == read_all(plain)
    assert b"deep.jpg" in pickle.dumps(plain) and b"deep.jpg" not in pickle.dumps(kept)
    assert read_all(pickle.loads(pickle.dumps(kept))) == read_all(plain)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(read_all, (kept,)) == read_all(plain)


def test_few_classes_are_listed_without_a_file(root: Path) -> None:
    ClassFolders(root, NAMES)
    assert not list(root.glob("*.idx"))
