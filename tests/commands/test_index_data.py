import os
from pathlib import Path

import pytest

from iclip.commands import index_data
from iclip.commands.command_line import main
from iclip.datasets.readers.sample_members import SampleNames
from iclip.datasets.readers.shard_index import ShardIndex
from iclip.datasets.readers.shard_table import ShardTable
from tests.support.tar_files import write_tar

PAIR = {"0.jpg": b"image", "0.txt": b"text"}
CONFIG = """
transform = dict(type="ResizeCenterCrop", size=8)
train_dataloader = dict(
    dataset=dict(
        type="MixedSources",
        labelled=dict(type="LabelledImages", root="{0}/tars", class_texts="x", fraction=0.5),
        pairs=dict(type="ImageTextPairs", shards="{0}/pairs", text_extension="json"),
    )
)
val_dataloader = [
    dict(dataset=dict(type="LabelledImages", root="{0}/tars", image_transform=transform)),
    dict(dataset=dict(type="RetrievalImages", annotations="x", image_root="y")),
]
"""


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    for number in range(5):
        write_tar(tmp_path / "pairs" / f"{number}.tar", PAIR)
    return tmp_path / "pairs"


def indexed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.endswith(".idx.npz"))


def test_shards_are_indexed_once_by_processes(
    pairs: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(index_data, [str(pairs), "--workers", "2"]) == 0
    assert indexed(pairs) == [f"{number}.tar.idx.npz" for number in range(5)]
    assert capfd.readouterr().out.endswith("everything is indexed\n")
    # Neither a run nor the command itself finds anything left to do.
    monkeypatch.setattr(ShardIndex, "build", None)
    monkeypatch.setattr(ShardIndex, "load", None)
    shards = [str(pairs / f"{number}.tar") for number in range(5)]
    assert len(ShardTable(shards, SampleNames("txt"))) == 5
    assert main(index_data, [str(pairs), "--workers", "1"]) == 0


def test_all_damaged_shards_of_all_places_are_in_one_list(
    pairs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for path in (pairs / "1.tar", pairs / "3.tar", write_tar(tmp_path / "more" / "7.tar", PAIR)):
        path.write_bytes(b"html" * 600)
    write_tar(tmp_path / "more" / "8.tar", PAIR)
    assert main(index_data, [str(pairs), f"{tmp_path}/more/*.tar", "--workers", "1"]) == 1
    lines = capfd.readouterr().err.splitlines()
    assert lines[-4] == "index_data: 3 cannot be indexed, all others are:"
    for line, name in zip(lines[-3:], ("pairs/1", "pairs/3", "more/7"), strict=True):
        assert line.startswith(f"{tmp_path}/{name}.tar is not a readable, uncompressed tar")
    assert indexed(pairs) == ["0.tar.idx.npz", "2.tar.idx.npz", "4.tar.idx.npz"]
    assert indexed(tmp_path / "more") == ["8.tar.idx.npz"]


def test_data_sets_of_a_config_are_indexed_as_they_will_be_read(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_tar(tmp_path / "tars" / "n1.tar", PAIR)
    write_tar(tmp_path / "pairs" / "0.tar", {"0.jpg": b"image", "0.json": b"{}"})
    (tmp_path / "c.py").write_text(CONFIG.format(tmp_path))
    assert main(index_data, [str(tmp_path / "c.py"), "--workers", "1"]) == 0
    named = [line for line in capfd.readouterr().out.splitlines() if ".dataset" in line]
    # The validation's images are the training's, and are indexed once.
    assert named == [
        "train_dataloader.dataset.labelled: LabelledImages",
        "train_dataloader.dataset.pairs: ImageTextPairs",
    ]
    (pair,) = (tmp_path / "pairs").glob("*.idx")
    before = pair.stat().st_mtime_ns
    assert len(ShardTable([str(tmp_path / "pairs/0.tar")], SampleNames("json"))) == 1
    assert pair.stat().st_mtime_ns == before


def test_setting_of_a_config_may_be_changed(pairs: Path, tmp_path: Path) -> None:
    write_tar(tmp_path / "tars" / "n1.tar", PAIR)
    (tmp_path / "c.py").write_text(CONFIG.format(tmp_path))
    changed = "train_dataloader.dataset.pairs.text_extension=txt"
    arguments = [str(tmp_path / "c.py"), "--workers", "1", "--cfg-options", changed]
    assert main(index_data, arguments) == 0
    assert len(list(pairs.glob("*.idx"))) == 1 and len(indexed(pairs)) == 5


@pytest.mark.parametrize("layout", ["tars", "folders"])
def test_images_by_class_are_indexed_or_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    monkeypatch.setattr("iclip.datasets.readers.class_folders._MANY_CLASSES", 2)
    for name in ("n1", "n2"):
        if layout == "tars":
            write_tar(tmp_path / "x" / f"{name}.tar", {"0.jpg": b"x", "1.jpg": b"x"})
        else:
            (tmp_path / "x" / name).mkdir(parents=True)
            (tmp_path / "x" / name / "0.jpg").touch()
    kept = tmp_path / "kept"
    arguments = [str(tmp_path / "x"), "--images", "--index-folder", str(kept), "--workers", "1"]
    assert main(index_data, arguments) == 0
    starts = sorted(path.name.split("-")[0] for path in kept.iterdir() if path.suffix == ".idx")
    assert starts == ["shards" if layout == "tars" else "folders"]
    assert sorted(os.listdir(tmp_path / "x"))[0].startswith("n1")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "ImageTextPairs(shards=...)"),
        (["pairs", "--workers", "0"], "--workers 0 is not allowed: give 1 or more"),
        (["empty.py"], "empty.py names no data set whose files are indexed"),
        (["lacking.py"], "train_dataloader.dataset (LabelledImages) lacks the setting 'root'"),
        (["pairs", "--index-folder", "s3://b/x"], "index_folder='s3://b/x': indices are kept in"),
        (["pairs", "--text-extension", ""], "text_extension='': give an extension"),
    ],
)
def test_mistake_is_one_message(
    pairs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.py").write_text("x = 1\n")
    (tmp_path / "lacking.py").write_text(
        "train_dataloader = dict(dataset=dict(type='LabelledImages', class_texts='x'))\n"
    )
    assert main(index_data, arguments) == 2
    assert message in capfd.readouterr().err
