import io
import os
import random
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from iclip.datasets.readers import tar_members as module
from iclip.datasets.readers.tar_members import BLOCK, Member, member_name, tar_members
from iclip.files.storage import open_at

WriteTar = Callable[..., Path]
CONTENTS = {
    "000.jpg": b"j" * 700,
    "000.txt": b"a caption",
    "sub/folder/empty.txt": b"",
    "grüße.txt": b"x" * 512,
    "d" * 90 + "/" + "n" * 90 + ".jpg": b"prefix",
    "n" * 300 + ".jpg": b"long name",
}
FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]


def contents(path: Path) -> dict[str, bytes]:
    whole = path.read_bytes()
    return {m.name: whole[m.offset : m.offset + m.size] for m in tar_members(path)}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("mtime", [0, 1.5])
def test_members_hold_what_was_written(
    tmp_path: Path, write_tar: WriteTar, format: int, mtime: float
) -> None:
    # The oldest format has no room for the longest name.
    limit = 250 if format == tarfile.USTAR_FORMAT else 1000
    written = {name: content for name, content in CONTENTS.items() if len(name) < limit}
    assert contents(write_tar(tmp_path / "x.tar", written, format, mtime)) == written


@pytest.mark.parametrize("options", [[], ["--format=posix"], ["--format=v7"]])
def test_reads_what_gnu_tar_writes(tmp_path: Path, options: list[str]) -> None:
    files = {"a/b.jpg": b"picture", "a/b.txt": b"words"}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "a" / "link").symlink_to("b.txt")
    subprocess.run(["tar", *options, "-cf", "x.tar", "a"], cwd=tmp_path, check=True)
    assert contents(tmp_path / "x.tar") == files


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT])
def test_fast_path_needs_no_tarfile(
    tmp_path: Path, write_tar: WriteTar, format: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_tar(tmp_path / "x.tar", {"0.jpg": b"1", "0.txt": b"2"}, format, mtime=1.5)
    monkeypatch.setattr(module, "_read_with_tarfile", None)
    assert [member.name for member in tar_members(path)] == ["0.jpg", "0.txt"]


def test_fast_parser_and_tarfile_find_the_same_members(tmp_path: Path, write_tar: WriteTar) -> None:
    path = write_tar(tmp_path / "x.tar", CONTENTS, mtime=1.5)
    fast = module._parse_headers(module._Pieces(open_at(path), 4096))
    assert fast == module._read_with_tarfile(module._Pieces(open_at(path), 4096), [])


def test_tar_without_its_end_is_read(tmp_path: Path, write_tar: WriteTar) -> None:
    path = write_tar(tmp_path / "x.tar", {"0.txt": b"text"})
    path.write_bytes(path.read_bytes()[: 2 * BLOCK])
    assert tar_members(path) == [Member("0.txt", BLOCK, 4)]


def test_empty_tar_has_no_member(tmp_path: Path, write_tar: WriteTar) -> None:
    assert tar_members(write_tar(tmp_path / "x.tar", {})) == []


def damaged(path: Path, *changes: tuple[int, bytes]) -> Path:
    content = bytearray(path.read_bytes())
    for offset, new in changes:
        content[offset : offset + len(new)] = new
    path.write_bytes(content)
    return path


def test_tar_with_a_hole_is_refused(tmp_path: Path, write_tar: WriteTar) -> None:
    members = {f"{i}.txt": b"x" * 300 for i in range(9)}
    path = write_tar(tmp_path / "x.tar", members, tarfile.USTAR_FORMAT)
    damaged(path, (4 * 1024, bytes(1024)))
    with pytest.raises(ValueError, match=r"x\.tar: .* breaks off at byte 4096, but more follow: "):
        tar_members(path)


@pytest.mark.parametrize("change", [(257, b"x"), (124, b"00000000010")], ids=["magic", "size"])
def test_damaged_header_does_not_end_the_tar_silently(
    tmp_path: Path, write_tar: WriteTar, change: tuple[int, bytes]
) -> None:
    members = {f"{i}.txt": b"x" * 600 for i in range(9)}
    path = write_tar(tmp_path / "x.tar", members, tarfile.USTAR_FORMAT)
    offset, new = change
    damaged(path, (4 * 1536 + offset, new))
    with pytest.raises(ValueError, match=r"x\.tar: the list of its members breaks off at byte"):
        tar_members(path)


def test_what_pads_a_tar_does_not_matter(tmp_path: Path, write_tar: WriteTar) -> None:
    path = write_tar(tmp_path / "x.tar", {"0.txt": b"text"}, tarfile.USTAR_FORMAT)
    damaged(path, (4096, b"rubbish with ustar in it"))
    assert [member.name for member in tar_members(path)] == ["0.txt"]


@pytest.mark.parametrize("format", FORMATS)
def test_several_tars_in_one_file_are_refused(
    tmp_path: Path, write_tar: WriteTar, format: int
) -> None:
    parts = [
        write_tar(tmp_path / name, {"n" * 120 + "/" + name: b"x"}, format, 1.5) for name in "ab"
    ]
    joined = tmp_path / "x.tar"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    with pytest.raises(ValueError, match=r"x\.tar: .* breaks off at byte .* several tars in"):
        tar_members(joined)


def test_extended_header_of_impossible_size_is_an_error_with_the_file(
    tmp_path: Path, write_tar: WriteTar
) -> None:
    path = write_tar(tmp_path / "x.tar", {"0.txt": b"text"}, tarfile.PAX_FORMAT, mtime=1.5)
    with pytest.raises(ValueError, match=r"x\.tar is not a readable, uncompressed tar"):
        tar_members(damaged(path, (124, b"77777777777")))


@pytest.mark.parametrize(
    "change",
    [(512, b"\xff"), (512, b"99999999 "), (515, b"\xd6\xd6")],
    ids=["length", "large length", "keyword"],
)
def test_damaged_record_of_an_extended_header_does_not_matter_or_is_refused(
    tmp_path: Path, write_tar: WriteTar, change: tuple[int, bytes]
) -> None:
    """Python's tarfile decides: its 3.11 passes over such a record, its 3.13 does not."""
    path = write_tar(tmp_path / "x.tar", {"0.txt": b"text"}, tarfile.PAX_FORMAT, mtime=1.5)
    try:
        names = [member.name for member in tar_members(damaged(path, change))]
    except ValueError as error:
        assert "x.tar is not a readable, uncompressed tar (" in str(error)
    else:
        assert names == ["0.txt"]


def test_truncated_tar_is_refused(tmp_path: Path, write_tar: WriteTar) -> None:
    path = write_tar(tmp_path / "x.tar", {"0.jpg": b"x" * 2000})
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"x.tar is truncated: .*'0.jpg' needs 2512 .* has 1000"):
        tar_members(path)


@pytest.mark.parametrize("content", [b"no tar" * 200, b"\x1f\x8b" + bytes(range(256)) * 8])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.tar").write_bytes(content)
    with pytest.raises(ValueError, match=r"x.tar is not a readable, uncompressed tar"):
        tar_members(tmp_path / "x.tar")


@pytest.mark.parametrize("name", ["0.jpg", "d" * 90 + "/" + "n" * 90 + ".jpg"])
def test_name_is_read_from_the_header(name: str) -> None:
    header = tarfile.TarInfo(name).tobuf(tarfile.USTAR_FORMAT)
    assert member_name(header) == name


def test_old_style_numbers_are_left_to_tarfile(tmp_path: Path) -> None:
    info = tarfile.TarInfo("0.jpg")
    info.size = 3
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\x80" + bytes(10) + b"\x03"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    (tmp_path / "x.tar").write_bytes(bytes(header) + b"abc" + bytes(509 + 1024))
    with tarfile.open(fileobj=io.BytesIO((tmp_path / "x.tar").read_bytes())) as archive:
        assert archive.getnames() == ["0.jpg"]
    assert contents(tmp_path / "x.tar") == {"0.jpg": b"abc"}


def by_tarfile(path: Path) -> list[Member]:
    """Python's own reading of the same file."""
    with tarfile.open(path, "r:") as archive:
        return [Member(m.name, m.offset_data, m.size) for m in archive if m.isreg()]


def made_up_members(seed: int) -> dict[str, bytes]:
    """Files of sizes around a block's and a piece's, with short, long and odd names."""
    draw = random.Random(seed)
    sizes = (0, 1, 511, 512, 513, 1500, 2048, 5000)
    folders = ("", "a/", "ü/", "d" * 95 + "/", "deep/" * 30)
    return {
        f"{draw.choice(folders)}{number}.{draw.choice(('jpg', 'txt', 'json'))}": draw.randbytes(
            draw.choice(sizes)
        )
        for number in range(60)
    }


@pytest.mark.parametrize("piece", [2048, 4096, 1 << 20])
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("mtime", [0, 1.5])
def test_any_cut_into_pieces_gives_what_tarfile_reads(
    tmp_path: Path,
    write_tar: WriteTar,
    monkeypatch: pytest.MonkeyPatch,
    piece: int,
    format: int,
    mtime: float,
) -> None:
    monkeypatch.setattr(module, "_PIECE", piece)
    for seed in range(4):
        path = write_tar(tmp_path / f"{seed}.tar", made_up_members(seed), format, mtime)
        assert tar_members(path) == by_tarfile(path)


def test_tar_inside_a_tar_is_one_member(tmp_path: Path, write_tar: WriteTar) -> None:
    inner = write_tar(tmp_path / "inner.tar", {f"{i}.jpg": b"x" * 600 for i in range(5)})
    members = {"0.jpg": b"first", "inner.tar": inner.read_bytes(), "1.jpg": b"last"}
    path = write_tar(tmp_path / "x.tar", members)
    assert contents(path) == members


def test_system_may_return_less_than_was_asked_for(
    tmp_path: Path, write_tar: WriteTar, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_tar(tmp_path / "x.tar", CONTENTS, mtime=1.5)
    expected, read = by_tarfile(path), os.pread
    monkeypatch.setattr(os, "pread", lambda file, size, offset: read(file, min(size, 700), offset))
    monkeypatch.setattr(module, "_read_with_tarfile", None)
    assert tar_members(path) == expected


def test_tar_is_read_in_pieces_and_not_by_headers(
    tmp_path: Path, write_tar: WriteTar, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = {f"{i}.jpg": bytes(1000) for i in range(2000)}
    path = write_tar(tmp_path / "x.tar", members, mtime=1.5)
    sizes, read = [], os.pread
    monkeypatch.setattr(
        os, "pread", lambda file, size, offset: sizes.append(size) or read(file, size, offset)
    )
    assert len(tar_members(path)) == 2000
    assert len(sizes) <= 2 * path.stat().st_size / module._PIECE + 3


def test_contents_larger_than_a_piece_are_passed_over(
    tmp_path: Path, write_tar: WriteTar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PIECE", 4096)
    path = write_tar(tmp_path / "x.tar", {f"{i}.jpg": bytes(100_000) for i in range(5)})
    total, read = [], os.pread
    monkeypatch.setattr(
        os, "pread", lambda file, size, offset: total.append(size) or read(file, size, offset)
    )
    assert [member.size for member in tar_members(path)] == [100_000] * 5
    assert sum(total) < 60_000


@pytest.mark.parametrize("kept", [1, 100, 511])
def test_tar_that_ends_within_a_header_is_truncated(
    tmp_path: Path, write_tar: WriteTar, kept: int
) -> None:
    path = write_tar(tmp_path / "x.tar", {"0.jpg": b"1", "0.txt": b"2"})
    second = tar_members(path)[1].offset - BLOCK
    path.write_bytes(path.read_bytes()[: second + kept])
    with pytest.raises(ValueError, match=f"ends within a header, after {second + kept} bytes"):
        tar_members(path)


@pytest.mark.parametrize("kept", [0, 1, 511, 600])
def test_tar_whose_end_mark_is_cut_is_whole(tmp_path: Path, write_tar: WriteTar, kept: int) -> None:
    path = write_tar(tmp_path / "x.tar", {"0.jpg": b"1", "0.txt": b"2"})
    end = tar_members(path)[1].offset + BLOCK
    path.write_bytes(path.read_bytes()[: end + kept])
    assert [member.name for member in tar_members(path)] == ["0.jpg", "0.txt"]
