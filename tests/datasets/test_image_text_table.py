from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iclip.datasets.image_text_table import ImageTextTable
from iclip.datasets.readers.decoding import DecodeError
from iclip.datasets.transforms import ResizeCenterCrop

TRANSFORM = ResizeCenterCrop(16)
Table = Callable[..., ImageTextTable]


@pytest.fixture
def table(tmp_path: Path, encode: Callable[..., bytes], tokenizer: Any) -> Table:
    (tmp_path / "images").mkdir()
    for i in range(3):
        (tmp_path / "images" / f"{i}.jpg").write_bytes(encode(seed=i))

    def table(content: str, name: str = "pairs.csv", **settings: Any) -> ImageTextTable:
        (tmp_path / name).write_text(content, encoding="utf-8")
        return ImageTextTable(tmp_path / name, TRANSFORM, tokenizer, **settings)

    return table


@pytest.mark.parametrize(
    ("name", "content", "settings"),
    [
        ("p.csv", 'filepath,caption\nimages/0.jpg,"a, b"\nimages/2.jpg,ü\n', {}),
        ("p.tsv", "id\tcaption\tfilepath\n7\ta, b\timages/0.jpg\n8\tü\timages/2.jpg\n", {}),
        (
            "p.txt",
            "file|title\n0.jpg|a, b\n2.jpg|ü",
            {
                "separator": "|",
                "filepath_column": "file",
                "caption_column": "title",
                "image_root": "images",
            },
        ),
        ("p.csv", '\ufefffilepath,caption\r\nimages/0.jpg,"a, b"\r\nimages/2.jpg,ü\r\n', {}),
    ],
)
def test_rows_are_pairs(
    table: Table,
    tokenizer: Any,
    encode: Callable[..., bytes],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str,
    content: str,
    settings: dict[str, str],
) -> None:
    monkeypatch.chdir(tmp_path)
    dataset = table(content, name, **settings)
    samples = [dataset[i] for i in range(len(dataset))]
    assert [tokenizer.decode(sample["token_ids"]) for sample in samples] == ["a, b", "ü"]
    assert [sample["image"].equal(TRANSFORM(encode(seed=i))) for sample, i in
            zip(samples, (0, 2), strict=True)] == [True, True]  # fmt: skip


def test_absolute_file_names_are_kept(table: Table, tmp_path: Path) -> None:
    dataset = table(f"filepath,caption\n{tmp_path}/images/1.jpg,x\n")
    assert dataset.sample_name(0) == f"{tmp_path}/images/1.jpg"


def test_long_captions_are_read(table: Table, tokenizer: Any) -> None:
    assert len(table("filepath,caption\nimages/0.jpg," + "x" * 200_000)) == 1


INCOMPLETE = "filepath,caption\nimages/0.jpg,x\nimages/1.jpg\n,y\nimages/2.jpg,  \n"


def test_incomplete_rows_are_an_error(table: Table) -> None:
    with pytest.raises(ValueError) as error:
        table(INCOMPLETE)
    message = str(error.value)
    assert "pairs.csv (separated by a comma, double quotes quote fields): " in message
    assert "1 row with fewer fields than the header (line 3)" in message
    assert (
        "1 row whose 'filepath' is blank (line 4), 1 row whose 'caption' is blank (line 5)"
        in message
    )
    assert "with separator and quoting" in message and "without_text='skip'" in message


def test_incomplete_rows_are_left_out_and_counted(table: Table, tmp_path: Path) -> None:
    assert str(table(INCOMPLETE + "\n", without_text="skip").summary()) == (
        f"ImageTextTable {tmp_path}/pairs.csv: 1 pair; "
        "separated by a comma, double quotes quote fields; "
        "left out: 1 row with fewer fields than the header (line 3), "
        "1 row whose 'filepath' is blank (line 4), 1 row whose 'caption' is blank (line 5), "
        "1 blank line (line 6)"
    )


def test_unquoted_captions_keep_their_quotes(table: Table, tokenizer: Any) -> None:
    captions = ['"hi" mug', '"open', 'a 12" one', '"again']
    rows = "".join(f"images/{i % 3}.jpg\t{caption}\n" for i, caption in enumerate(captions))
    dataset = table(f"filepath\tcaption\n{rows}", "p.tsv")
    read = [tokenizer.decode(dataset[i]["token_ids"]) for i in range(len(dataset))]
    assert read == captions


@pytest.mark.parametrize(
    ("content", "settings", "message"),
    [
        ("a,b\n1,2\n", {}, r"no column 'filepath' and no column 'caption'.*\['a', 'b'\]"),
        ("a,b\n", {"filepath_column": "x"}, r"Settings: filepath_column='x', caption_column="),
        ("filepath\tcaption\n", {"separator": ","}, r"split at ','.* separator=','"),
        ("", {}, "no column 'filepath'"),
        ("filepath,caption\n", {}, "pairs.csv holds no pair$"),
        (
            "filepath,caption\na\n",
            {"without_text": "skip"},
            r"holds no pair: 1 row with fewer fields than the header \(line 2\)",
        ),
        (INCOMPLETE, {"without_text": "drop"}, "without_text='drop': choose 'error' or 'skip'"),
    ],
)
def test_unusable_table_is_refused(
    table: Table, content: str, settings: dict[str, str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        table(content, **settings)


def test_missing_table_is_explained(tmp_path: Path, tokenizer: Any) -> None:
    with pytest.raises(
        FileNotFoundError, match=r"ImageTextTable\(table=.*no such file.*ICLIP_DATA"
    ):
        ImageTextTable(tmp_path / "no.csv", TRANSFORM, tokenizer)


def test_missing_image_is_a_decode_error_with_its_name(table: Table) -> None:
    with pytest.raises(DecodeError, match=r"images/9\.jpg: No such file or directory"):
        table("filepath,caption\nimages/9.jpg,x\n")[0]
