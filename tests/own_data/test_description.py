from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from iclip.data_summary import Omission
from iclip.own_data import OwnData, describe, recognize
from iclip.tasks import DETECTION, VIDEO
from tests.support.own_data_files import write_coco_folder, write_yolo_folder

GOOD = "0 .5 .5 .25 .5\n"


def test_boxes(tmp_path: Path) -> None:
    labels = {"train/a": GOOD + "1 .5 .5 .5 .5\n1 .4 .4 .5 .5\n", "train/b": "", "val/c": GOOD}
    write_yolo_folder(tmp_path, labels)
    assert describe(recognize(tmp_path, DETECTION)).splitlines() == [
        f"{tmp_path}: YOLO, detection",
        "  train  2 images  3 boxes  1 without",
        "  val    1 image   1 box",
        "2 classes:",
        "       train images  boxes  val images  boxes",
        "  cat             1      1           1      1",
        "  dog             1      2           0      0",
        # 16 x 24 and twice 32 x 24 pixels.
        "boxes of train, root of the area: 20 to 28 pixels, median 28",
    ]


def test_left_out_and_decided(tmp_path: Path) -> None:
    write_coco_folder(tmp_path, {"train": 30})
    (tmp_path / "train/train_3.jpg").unlink()
    lines = describe(recognize(tmp_path, DETECTION)).splitlines()
    at = lines.index("left out:")
    assert lines[at + 1] == f"  1 missing image ({tmp_path}/train/train_3.jpg)"
    assert lines[at + 2] == "decided:"
    assert lines[-1].startswith("  val: there is none, so")


@dataclass(frozen=True)
class Thing:
    SAMPLES: ClassVar[str] = "clips"
    LABELLED: ClassVar[str] = "clips"
    file: str
    class_labels: tuple[int, ...]


def described(labels: list[tuple[int, ...]], num_classes: int) -> list[str]:
    classes = tuple(f"class {n}" for n in range(num_classes))
    parts = {part: [Thing("a", label) for label in labels] for part in ("train", "val")}
    left_out = (Omission("broken clips", 2, "a\x1b.mp4"),)
    return describe(OwnData(VIDEO, "list", Path("/a"), classes, parts, left_out)).splitlines()


def test_a_sample_with_one_label() -> None:
    assert described([(1,), (1,), (0,)], 25) == [
        "/a: list, video",
        "  train  3 clips",
        "  val    3 clips",
        "25 classes:",
        "            train clips  val clips",
        "  class 1             2          2",
        "  class 0             1          1",
        *(f"  {f'class {n}':<8}            0          0" for n in range(2, 20)),
        "  and 5 more",
        "left out:",
        "  2 broken clips (a\\x1b.mp4)",
    ]


def test_labels_that_only_decoding_could_tell() -> None:
    assert described([(), ()], 2)[3:5] == ["2 classes:", "  class 0, class 1"]
