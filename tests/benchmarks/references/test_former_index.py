"""What a measurement compares must be the same work."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from iclip.benchmarks.references.former_index import build_former_index, former_members
from iclip.datasets.readers.sample_members import SampleNames
from iclip.datasets.readers.tar_index import build_tar_index
from iclip.datasets.readers.tar_members import Member

MEMBERS = {
    **{f"{i:04d}.{end}": bytes(300 * i) for i in range(9) for end in ("jpg", "txt", "json")},
    "n" * 120 + ".jpg": b"a long name",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with tarfile.open(tmp_path / "x.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in MEMBERS.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), 1.5
            archive.addfile(info, io.BytesIO(content))
    return tmp_path / "x.tar"


def test_members_are_those_of_tarfile(path: Path) -> None:
    with tarfile.open(path) as archive:
        expected = [Member(m.name, m.offset_data, m.size) for m in archive]
    assert former_members(path) == expected


def test_index_is_todays(path: Path) -> None:
    former, now = (
        build(path, SampleNames("txt")) for build in (build_former_index, build_tar_index)
    )
    assert np.array_equal(former.records, now.records) and len(now.records) == 8
    assert (former.without_text, former.left_out) == (now.without_text, now.left_out)
