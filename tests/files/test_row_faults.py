from pathlib import Path

from iclip.files.tables import TableFile


def test_faults_are_counted_by_kind_with_their_first_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("filepath,caption\n" + "0.jpg,a,b\n" * 12 + ",x\n\n")
    table = TableFile(path, ("filepath", "caption"))
    assert list(table) == []
    assert str(table.faults) == (
        "12 rows with more fields than the header (lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 "
        "more), 1 row whose 'filepath' is blank (line 14)"
    )
    assert [str(omission) for omission in table.faults.omissions()] == [
        "12 rows with more fields than the header (line 2)",
        "1 row whose 'filepath' is blank (line 14)",
        "1 blank line (line 15)",
    ]
    assert table.faults.total == 13
