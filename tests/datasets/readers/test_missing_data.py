from pathlib import Path

import pytest

from iclip.datasets.readers.missing_data import existing_file, existing_folder, existing_image_root
from tests.support.bucket_server import BucketServer


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


def test_folder_of_a_web_server_is_refused_by_name() -> None:
    with pytest.raises(FileNotFoundError) as error:
        existing_folder("LabelledImages(root=...)", "https://host/in22k")
    assert str(error.value) == (
        "LabelledImages(root=...) is 'https://host/in22k': a web server does not say what its "
        "folders hold; name a bucket or a local folder"
    )


def test_images_of_a_list_may_lie_on_a_web_server() -> None:
    assert existing_image_root("x", "https://host/images") == "https://host/images"


def test_paths_in_a_bucket_are_looked_for(bucket: BucketServer) -> None:
    folder, file = "s3://bucket/shards", "s3://bucket/shards/00000.tar"
    assert existing_folder("x", folder) == existing_image_root("x", folder) == folder
    assert existing_file("x", file) == file
    with pytest.raises(
        FileNotFoundError, match=r"^x is 's3://bucket/none': there is no such folder$"
    ):
        existing_folder("x", "s3://bucket/none")
    with pytest.raises(FileNotFoundError, match=r"^x is 's3://none/a': there is no such file$"):
        existing_file("x", "s3://none/a")
