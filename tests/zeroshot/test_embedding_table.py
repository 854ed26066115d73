"""A table of embeddings is read back by NumPy and by csv, number by number."""

import csv
from pathlib import Path

import numpy as np
import pytest

from iclip.zeroshot.embedding_table import check_suffix, write_embeddings

NAMES = ["a b.jpg", 'caf\xe9, "1".png', "not utf-8 \udcff.jpg"]
EMBEDS = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)


def test_numpy_reads_it_without_pickle(tmp_path: Path) -> None:
    write_embeddings(tmp_path / "t.npz", NAMES, EMBEDS)
    with np.load(tmp_path / "t.npz", allow_pickle=False) as table:
        assert table["files"].tolist() == NAMES
        assert np.array_equal(table["embeds"], EMBEDS) and table["embeds"].dtype == np.float32


def test_csv_has_the_same_numbers(tmp_path: Path) -> None:
    write_embeddings(tmp_path / "t.csv", NAMES, EMBEDS)
    with open(tmp_path / "t.csv", encoding="utf-8", errors="surrogateescape", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["file", "e0", "e1", "e2", "e3", "e4"]
    assert [name for name, *_ in rows] == NAMES
    assert np.array_equal(np.array([row for _, *row in rows], np.float32), EMBEDS)


def test_failed_table_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("before")
    with pytest.raises(ValueError, match="longer"):  # after the first two rows
        write_embeddings(tmp_path / "t.csv", NAMES[:2], EMBEDS)
    assert (tmp_path / "t.csv").read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("t.parquet", r"--out .*t\.parquet: give a file that ends in \.npz or \.csv"),
        ("table", r"--out .*table: give a file that ends"),
        ("folder.npz", r"--out .*folder\.npz is a folder; give a file"),
    ],
)
def test_place_of_a_table_is_checked(name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(ValueError, match=message):
        check_suffix(tmp_path / name)
