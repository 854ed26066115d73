"""A damaged file is told from a whole one, wherever its bytes have changed and wherever it ends."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from iclip.checkpoints import find_damage


def content() -> dict[str, Any]:
    return {"state_dict": {"a": torch.arange(40.0), "b": torch.ones(3)}, "meta": {"iter": 3}}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("integrity") / "iter_3.pth"
    torch.save(content(), file)
    return file


def reads_the_same(file: Path) -> bool:
    try:
        read = torch.load(file)
    except Exception:
        return False
    wanted = content()
    return read["meta"] == wanted["meta"] and all(
        torch.equal(read["state_dict"][name], tensor)
        for name, tensor in wanted["state_dict"].items()
    )


def test_whole_file_has_no_damage(whole: Path):
    assert find_damage(whole) is None


@settings(deadline=None, max_examples=400)
@given(data=st.data(), mask=st.integers(1, 255))
def test_changed_byte_is_found_or_read_by_no_one(whole: Path, data: st.DataObject, mask: int):
    changed = bytearray(whole.read_bytes())
    place = data.draw(st.integers(0, len(changed) - 1))
    changed[place] ^= mask
    file = whole.with_name("changed.pth")
    file.write_bytes(changed)
    assert find_damage(file) is not None or reads_the_same(file)


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_cut_file_is_damaged(whole: Path, data: st.DataObject):
    kept = data.draw(st.integers(0, whole.stat().st_size - 1))
    file = whole.with_name("cut.pth")
    file.write_bytes(whole.read_bytes()[:kept])
    assert find_damage(file) is not None


def test_tensor_with_a_flipped_bit_is_named(whole: Path):
    changed = bytearray(whole.read_bytes())
    changed[changed.index(content()["state_dict"]["a"].numpy().tobytes()) + 80] ^= 4
    file = whole.with_name("flipped.pth")
    file.write_bytes(changed)
    assert not torch.equal(torch.load(file)["state_dict"]["a"], torch.arange(40.0))
    assert find_damage(file) == "the checksum of iter_3/data/0 is wrong"


@pytest.mark.parametrize(
    ("bytes_", "told"),
    [
        (b"", "it is empty"),
        (b"\0" * 5000, "it does not begin as a checkpoint does"),
        (b"PK\x03\x04" + b"\0" * 5000, "its end is missing"),
    ],
)
def test_file_without_content_is_damaged(bytes_: bytes, told: str, tmp_path: Path):
    (tmp_path / "a.pth").write_bytes(bytes_)
    assert find_damage(tmp_path / "a.pth") == told


def test_what_is_not_a_file_is_damaged(tmp_path: Path):
    assert find_damage(tmp_path) == "it is a folder"
    assert find_damage(tmp_path / "absent.pth") == "No such file or directory"


def rewritten(
    file: Path, to: Path, compression: int = zipfile.ZIP_STORED, **changed: bytes
) -> Path:
    """Copy an archive member by member, with other contents of some."""
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(to, "w", compression) as copy:
        for name in source.namelist():
            copy.writestr(name, changed.get(name.rpartition("/")[2], source.read(name)))
    return to


def test_file_of_another_version_of_torch_is_not_damaged(whole: Path, tmp_path: Path):
    newer = rewritten(whole, tmp_path / "newer.pth", version=b"99\n")
    assert find_damage(newer) is None
    with pytest.raises(RuntimeError, match="maximum supported version"):
        torch.load(newer)


def test_compressed_member_is_not_torch_s(whole: Path, tmp_path: Path):
    packed = rewritten(whole, tmp_path / "packed.pth", zipfile.ZIP_DEFLATED)
    assert find_damage(packed) == "a member is compressed, which torch.save does not do"


def test_other_archive_is_not_a_checkpoint(tmp_path: Path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/readme.txt", "text")
    (tmp_path / "a.pth").write_bytes(packed.getvalue())
    assert find_damage(tmp_path / "a.pth") is not None
