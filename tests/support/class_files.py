"""Runs with figures of classes."""

import json
from pathlib import Path
from typing import Any

from tests.support.run_folder import write_run

SEGMENTATION = """
default_scope = 'mmseg'
model = dict(type='EncoderDecoder', backbone=dict(checkpoint={!r}))
"""
DETECTION = """
default_scope = 'mmdet'
model = dict(type='FasterRCNN', backbone=dict(checkpoint={!r}))
"""
VIDEO = """
default_scope = 'mmaction'
model = dict(type='Recognizer3D', backbone=dict(checkpoint={!r}))
"""


def write_classes(
    folder: Path,
    values: dict[str, float | None],
    config: str = SEGMENTATION,
    checkpoint: str | None = None,
    toy: bool = False,
    **record: Any,
) -> None:
    """A run with figures of classes; the i-th has the count i unless told otherwise."""
    data = "toy = 'data/toy/ade20k'\n" if toy else ""
    write_run(folder, config.format(checkpoint) + data, {"mIoU": 1.0})
    classes = [{"name": n, "value": v, "count": i} for i, (n, v) in enumerate(values.items())]
    content = {"metric": "IoU", "counted": "pixels", "classes": classes} | record
    (folder / "per_class.json").write_text(json.dumps(content))


def detected(worth: int, frequencies: bool = True) -> dict[str, Any]:
    """60 classes c0 to c59, of which c0 has no object, c1 to c5 an AP of 0, and c{i} one of i."""
    names = [None, *[0] * 5, *range(6, 60)]
    classes = [
        {"name": f"c{i}", "value": v and v * worth / 10, "count": 7 * i % 61}
        | ({"frequency": ("rare", "common", "frequent")[i // 20]} if frequencies else {})
        for i, v in enumerate(names)
    ]
    return {"metric": "box AP", "counted": "objects", "classes": classes}
