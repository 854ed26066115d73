from pathlib import Path

from iclip.engine.hooks import ReleaseAnnotations
from iclip.files.annotations import read_annotations
from tests.support.odd_annotations import lvis_content, write_json


def test_memory_is_given_back_when_a_run_begins(tmp_path: Path):
    path = write_json(tmp_path / "a.json", lvis_content(tmp_path))
    first = read_annotations(path)
    ReleaseAnnotations().before_run(None)
    assert read_annotations(path) is not first
