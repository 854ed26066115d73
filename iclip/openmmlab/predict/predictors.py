"""Find the predictor that a config's task needs, and build it.

Each predictor turns images or videos into :class:`iclip.predictions.Prediction`, and draws them.
The frameworks are imported when one is built.
"""

import copy
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mmengine.config import Config

from iclip.checkpoints import load_checkpoint
from iclip.openmmlab.predict.detector import Detector
from iclip.openmmlab.predict.network import StoredModel
from iclip.openmmlab.predict.recognizer import Recognizer
from iclip.openmmlab.predict.segmenter import Segmenter
from iclip.tasks import DETECTION, SEGMENTATION, VIDEO, task_of

Predictor = Detector | Segmenter | Recognizer
_PREDICTORS: Mapping[str, type[Detector] | type[Segmenter] | type[Recognizer]] = {
    DETECTION: Detector,
    SEGMENTATION: Segmenter,
    VIDEO: Recognizer,
}


def build_predictor(cfg: Config, checkpoint: Path, device: str = "cpu") -> Predictor:
    """Build a config's model with all of a checkpoint's weights.

    Args:
        cfg: A downstream config.
        checkpoint: File of the model's weights.
        device: ``cpu`` or ``cuda``.

    Raises:
        FileNotFoundError: The checkpoint does not exist.
        ValueError: The config is not of a downstream task, or the weights do not fit its model.
    """
    task_of_predictor(cfg)
    content = load_checkpoint(checkpoint)
    stored = StoredModel(cfg, content["state_dict"], content["meta"], device, checkpoint)
    return predictor_of(stored)


def predictor_of(stored: StoredModel) -> Predictor:
    """Build a stored model.

    Raises:
        ValueError: The config is not of a downstream task, or the weights do not fit its model.
    """
    task = task_of_predictor(stored.cfg)
    cfg = copy.deepcopy(stored.cfg)
    backbone = cfg.model.get("backbone") or {}
    for key in ("checkpoint", "pretrained", "init_cfg"):  # the model's own weights replace these
        if key in backbone:
            backbone[key] = None
    if cfg.model.get("pretrained") is not None:
        del cfg.model.pretrained
    return _PREDICTORS[task](replace(stored, cfg=cfg))


def task_of_predictor(cfg: Config) -> str:
    """Return the task of a config.

    Raises:
        ValueError: It is not one that predicts boxes, masks or classes of videos.
    """
    task = task_of(cfg)
    if task is None or task not in _PREDICTORS:
        raise ValueError(
            f"{cfg.filename}: a config of {task or 'no known task'} predicts neither boxes, masks "
            f"nor classes of videos; take one of {', '.join(_PREDICTORS)}, as those in downstream/"
        )
    return task
