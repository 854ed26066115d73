"""The test videos of official splits, as a data set of mmaction."""

from pathlib import Path

import pytest
from mmengine.registry import DATASETS, DefaultScope

import iclip.openmmlab  # noqa: F401  (before mmaction)
from tests.support.official_lists import write_hmdb_lists

from iclip.openmmlab.video.official_test_videos import OfficialTestVideos  # isort: skip


def data_set(lists: Path) -> OfficialTestVideos:
    with DefaultScope.overwrite_default_scope("mmaction"):
        return DATASETS.build(
            dict(
                type="OfficialTestVideos",
                ann_file=str(lists),
                data_prefix=dict(video="videos"),
                pipeline=[],
                test_mode=True,
            )
        )


def test_each_tested_video_comes_once(tmp_path: Path):
    write_hmdb_lists(tmp_path)
    (tmp_path / "cartwheel_test_split3.txt").write_text("b.avi 1\nc.avi 2\n")
    dataset = data_set(tmp_path)
    found = [dataset.get_data_info(index) for index in range(len(dataset))]
    assert [(one["filename"], one["label"], one["splits"]) for one in found] == [
        ("videos/brush_hair/(x)&y!.avi", 0, (1, 2, 3)),
        ("videos/cartwheel/b.avi", 1, (1, 2)),
        ("videos/cartwheel/c.avi", 1, (3,)),
    ]
    assert dataset.class_names() == ["brush hair", "cartwheel"]


def test_other_lists_are_named(tmp_path: Path):
    (tmp_path / "val.txt").write_text("a.avi 0\n")
    with pytest.raises(ValueError, match="holds neither UCF-101's lists"):
        data_set(tmp_path)
