"""The transforms of a config's test data, such that they take an image or a video of the user's."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Step = Mapping[str, Any]

# mmaction's ways to open and to decode a video, which are replaced by the hub's.
_OPENERS = ("DecordInit", "PyAVInit", "OpenCVInit", "OpenVideo")
_DECODERS = ("DecordDecode", "PyAVDecode", "OpenCVDecode", "DecodeFrames")
_LOADER = "LoadImageFromFile"


def image_steps(pipeline: Sequence[Step]) -> list[dict[str, Any]]:
    """Return a test pipeline without what reads files: the loader and the annotations.

    Raises:
        ValueError: It has no loader of images.
    """
    kept = [
        dict(step)
        for step in pipeline
        if _name(step) != _LOADER and "Annotation" not in str(step.get("type"))
    ]
    if not any(_name(step) == _LOADER for step in pipeline):
        raise ValueError(
            f"the config's test pipeline has no {_LOADER}; prediction takes its place with the "
            "user's image"
        )
    return kept


def image_input(image: npt.NDArray[np.uint8]) -> dict[str, Any]:
    """Return what a loader adds for an image (H, W, 3), BGR."""
    shape = image.shape[:2]
    return {"img": image, "img_path": None, "img_id": 0, "img_shape": shape, "ori_shape": shape}


def video_steps(pipeline: Sequence[Step], one_clip: bool) -> list[dict[str, Any]]:
    """Return a test pipeline that reads through PyAV and takes the central crop.

    Several views are for testing: mmaction's inferencer takes one, too.

    Args:
        pipeline: Settings of the transforms.
        one_clip: Whether the model takes one clip of a video.
    """
    steps = []
    for step in map(dict, pipeline):
        name = _name(step)
        if name in _OPENERS:
            continue
        if name in _DECODERS:
            step = {"type": "iclip.DecodeFrames"}
        elif name in ("ThreeCrop", "TenCrop"):
            step["type"] = "CenterCrop"
        elif name == "SampleFrames" and one_clip:
            step["num_clips"] = 1
        steps.append(step)
    return [{"type": "iclip.OpenVideo"}, *steps]


def video_input(path: Path) -> dict[str, Any]:
    """Return what a list of videos says of one."""
    return {"filename": str(path), "label": -1, "start_index": 0, "modality": "RGB"}


def _name(step: Step) -> str:
    return str(step.get("type")).rpartition(".")[2]
