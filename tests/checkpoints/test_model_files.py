"""The light file of a trained model: small, whole, plain, and told from other files."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from iclip import __version__
from iclip.checkpoints import load_checkpoint
from iclip.checkpoints.model_files import read_model_file, write_model_file

CONFIG: dict[str, Any] = {
    "model": {"type": "mmdet.FasterRCNN", "a": (1, [2.5, None])},
    "default_scope": "mmdet",
}
TRAINING = """
default_scope = 'mmdet'
model = dict(roi_head=dict(type='StandardRoIHead'), type='FasterRCNN')
test_dataloader = dict(dataset=dict(pipeline=[dict(type='PackDetInputs')]))
"""


def write(path: Path, **changes: Any) -> Path:
    settings = {
        "task": "detection", "classes": ["cat", "dog"], "config": CONFIG,
        "figures": {"coco/bbox_mAP": np.float64(0.25)}, "trained": {"iteration": 9},
    }  # fmt: skip
    write_model_file(path, {"w": torch.arange(6.0)}, **{**settings, **changes})
    return path


def change(path: Path, **changes: Any) -> Path:
    """Change entries of a file's meta; ``...`` removes one."""
    content = torch.load(path, weights_only=True)
    meta = {**content["meta"], **changes}
    content["meta"] = {key: value for key, value in meta.items() if value is not ...}
    torch.save(content, path)
    return path


def write_training(path: Path, **meta: Any) -> Path:
    torch.save({"state_dict": {"w": torch.ones(2)}, "meta": meta}, path)
    return path


def test_file_comes_back(tmp_path: Path):
    palette = [[1, 2, 3], [4, 5, 6]]
    found = read_model_file(write(tmp_path / "best.pth", palette=palette))
    assert (found.task, found.classes, found.palette) == ("detection", ("cat", "dog"), palette)
    assert found.config == CONFIG
    assert found.figures == {"coco/bbox_mAP": 0.25} and found.trained == {"iteration": 9}
    torch.testing.assert_close(dict(found.weights), {"w": torch.arange(6.0)})


def test_class_texts_come_back(tmp_path: Path):
    texts = [{"id": "n1", "names": ["cat", "puss"], "description": "purrs"}]
    found = read_model_file(write(tmp_path / "a.pth", class_texts=texts, text_tower="tower.pth"))
    assert found.class_texts == texts and found.text_tower == "tower.pth"
    assert read_model_file(write(tmp_path / "b.pth")).class_texts == ()
    with pytest.raises(ValueError, match=r"a\.pth: meta\['class_texts'\] is not a list of class"):
        read_model_file(change(tmp_path / "a.pth", class_texts=["cat"]))


def test_files_of_this_machine_are_named_without_their_folders(tmp_path: Path):
    config = {
        "model": {"checkpoint": "/home/me/runs/latest.pth#backbone", "init": "C:\\runs\\a.pth"},
        "data": ["/data/me/cats/", "~/cats", "cats/val", "https://example.org/a.pth", "hf-hub:a/b"],
        "pattern": "/ and more", "folder": "/",
    }  # fmt: skip
    assert read_model_file(write(tmp_path / "best.pth", config=config)).config == {
        "model": {"checkpoint": "latest.pth#backbone", "init": "a.pth"},
        "data": ["cats", "cats", "cats/val", "https://example.org/a.pth", "hf-hub:a/b"],
        "pattern": "/ and more", "folder": "/",
    }  # fmt: skip


def test_folder_of_a_fine_tuning_stands_for_its_best(tmp_path: Path):
    assert read_model_file(write(tmp_path / "best.pth").parent).path == tmp_path / "best.pth"
    with pytest.raises(FileNotFoundError, match=r"best\.pth does not exist"):
        read_model_file(tmp_path / "..")


def test_whatever_takes_a_checkpoint_takes_it(tmp_path: Path):
    content = load_checkpoint(write(tmp_path / "best.pth"))
    assert content["meta"]["dataset_meta"] == {"classes": ["cat", "dog"]}
    assert content["meta"]["iclip_version"] == __version__


def test_file_has_the_size_of_its_weights(tmp_path: Path):
    """torch would save all that a view is a view of."""
    large = torch.zeros(1000, 1000)
    write_model_file(
        tmp_path / "best.pth", {"w": large[:1], "v": torch.nn.Parameter(large[:, 0])},
        task="detection", classes=[], config={},
    )  # fmt: skip
    assert (tmp_path / "best.pth").stat().st_size < 20_000
    assert not read_model_file(tmp_path / "best.pth").weights["v"].requires_grad


def test_values_that_are_not_plain_are_written_as_text(tmp_path: Path):
    config = {"model": {"a": Path("x"), "b": len}, 3: np.int64(4)}
    found = read_model_file(write(tmp_path / "best.pth", config=config))
    assert found.config["model"] == {"a": repr(Path("x")), "b": repr(len)}


def test_reading_needs_no_framework(tmp_path: Path):
    write(tmp_path / "best.pth")
    program = (
        "import sys; from pathlib import Path; "
        "from iclip.checkpoints.model_files import read_model_file; "
        f"read_model_file(Path({str(tmp_path)!r})); "
        "assert not {'mmcv', 'mmdet', 'mmseg', 'mmaction'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_flipped_bit_is_found(tmp_path: Path):
    path = write(tmp_path / "best.pth")
    content = bytearray(path.read_bytes())
    place = content.find(torch.arange(6.0).numpy().tobytes())
    content[place + 4] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(ValueError, match=r"best\.pth is damaged: the checksum of .* is wrong"):
        read_model_file(path)


def test_cut_file_is_an_error(tmp_path: Path):
    path = write(tmp_path / "best.pth")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match=r"best\.pth is truncated or damaged"):
        read_model_file(path)


def test_failed_writing_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    before = write(tmp_path / "best.pth").read_bytes()

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path / "best.pth", classes=["other"])
    assert [file.name for file in tmp_path.iterdir()] == ["best.pth"]
    assert (tmp_path / "best.pth").read_bytes() == before


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"model_file": 2}, r"layout 2, and this version of the hub .* reads layout 1"),
        ({"model_file": None}, r"layout None"),
        ({"task": "cooking"}, r"meta\['task'\] is 'cooking', which is not one of detection"),
        ({"task": ...}, r"meta\['task'\] is missing or of another kind"),
        ({"config": [1]}, r"meta\['config'\] is missing or of another kind"),
        ({"figures": 3}, r"meta\['figures'\] is missing or of another kind"),
        ({"dataset_meta": {"classes": "cat"}}, r"\['classes'\] is not a list of names"),
        ({"dataset_meta": {"classes": [1, 2]}}, r"\['classes'\] is not a list of names"),
    ],
    ids=str,
)
def test_damaged_description_is_named(changes: dict[str, Any], told: str, tmp_path: Path):
    with pytest.raises(ValueError, match=told):
        read_model_file(change(write(tmp_path / "best.pth"), **changes))


@pytest.mark.parametrize("data_set", [None, {}, [], 3])
def test_classes_may_be_unknown(data_set: Any, tmp_path: Path):
    found = read_model_file(change(write(tmp_path / "best.pth"), dataset_meta=data_set))
    assert (found.classes, found.palette) == (None, None)


def test_palette_of_another_length_is_left_out(tmp_path: Path):
    found = read_model_file(write(tmp_path / "best.pth", palette=[[1, 2, 3]]))
    assert found.classes == ("cat", "dog") and found.palette is None


def test_training_checkpoint_describes_its_model_as_text(tmp_path: Path):
    path = write_training(
        tmp_path / "latest.pth", cfg=TRAINING, iter=5, dataset_meta={"classes": ("cat",)}
    )
    found = read_model_file(path)
    assert (found.task, found.classes, found.trained) == ("detection", ("cat",), {"iteration": 5})
    assert found.config["model"]["type"] == "FasterRCNN"


def test_class_texts_name_the_classes_where_the_data_set_names_others(tmp_path: Path):
    texts = [{"id": "1", "names": ["red fox", "fox"]}, {"id": "2", "names": ["hare"]}]
    file = write_training(
        tmp_path / "latest.pth", cfg=TRAINING, class_texts=texts, dataset_meta={"classes": ("cat",)}
    )
    assert read_model_file(file).classes == ("red fox", "hare")


def test_text_of_a_checkpoint_is_not_run(tmp_path: Path):
    mark = tmp_path / "mark"
    path = write_training(tmp_path / "a.pth", cfg=f"{TRAINING}\nopen({str(mark)!r}, 'w')\n")
    read_model_file(path)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("meta", "told"),
    [
        ({}, r"holds weights without a config .* tools/predict.py CONFIG CHECKPOINT INPUT"),
        ({"cfg": "model = dict(type='iclip.ICLIP')"}, r"is a checkpoint of pre-training.*finetune"),
        ({"cfg": "a = 1"}, r"its config is of none of detection"),
        ({"cfg": "a = ("}, r"a\.pth: meta\['cfg'\] is not a dumped config"),
    ],
)
def test_checkpoint_of_another_kind_is_named(meta: dict[str, Any], told: str, tmp_path: Path):
    with pytest.raises(ValueError, match=told):
        read_model_file(write_training(tmp_path / "a.pth", **meta))


@pytest.mark.parametrize("content", [{"w": torch.ones(1)}, [1], {"state_dict": {}, "meta": 3}])
def test_other_files_are_named(content: Any, tmp_path: Path):
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(ValueError, match=r"a\.pth is (not an iclip training checkpoint|damaged)"):
        read_model_file(tmp_path / "a.pth")
