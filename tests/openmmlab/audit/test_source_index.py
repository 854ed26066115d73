"""What a type stands for in made-up sources."""

from pathlib import Path

from iclip.openmmlab.audit.source_index import SourceIndex


def test_a_framework_finds_its_own_class_first_and_anothers_by_scope(roots: dict[str, Path]):
    index = SourceIndex(roots)
    (own,), (other,) = index.by_type("Plain", "mmseg"), index.by_type("mmdet.Plain", "mmseg")
    assert (own.file.package, other.file.package) == ("mmseg", "mmdet")
