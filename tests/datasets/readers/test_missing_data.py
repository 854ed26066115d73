from pathlib import Path

import pytest

from iclip.datasets.readers.missing_data import existing_file, existing_folder


def test_existing_paths_are_passed_on(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert existing_folder("x", str(tmp_path)) == tmp_path
    assert existing_file("x", tmp_path / "file") == tmp_path / "file"


@pytest.mark.parametrize(
    ("value", "stated"), [(None, "it is not set, so configs use 'data'"), ("/d", "it is '/d'")]
)
def test_missing_folder_tells_where_data_are_looked_for(
    monkeypatch: pytest.MonkeyPatch, value: str | None, stated: str
) -> None:
    if value is None:
        monkeypatch.delenv("ICLIP_DATA", raising=False)
    else:
        monkeypatch.setenv("ICLIP_DATA", value)
    with pytest.raises(FileNotFoundError) as error:
        existing_folder("LabelledImages(root=...)", "/nowhere/train")
    message = str(error.value)
    assert message.startswith(
        "LabelledImages(root=...) is '/nowhere/train': there is no such folder"
    )
    assert "ICLIP_DATA" in message and stated in message
    assert "python tools/make_toy_data.py" in message


def test_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"table=\.\.\.\) is .*: there is no such file"):
        existing_file("ImageTextTable(table=...)", tmp_path)
