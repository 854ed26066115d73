"""A trained model as it is pushed: its weights, and what its file says of it, without places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from iclip.checkpoints import are_finite, find_damage, load_checkpoint
from iclip.checkpoints.hub_names import short_name
from iclip.checkpoints.model_files import (
    BEST,
    ModelFile,
    model_meta,
    read_model_file,
    stated_task,
)
from iclip.files.places import without_places
from iclip.settings import get_setting, plain_values
from iclip.tasks import PRE_TRAINING, TRANSFERS

LATEST = "latest.pth"

# What of the `meta` of a checkpoint of pre-training is pushed; the rest is of the run's machine.
_META = (
    *("iclip_version", "versions", "samples_seen", "global_batch_size", "iter", "epoch", "seed"),
    *("model", "image_size", "image_resize", "class_texts"),
)


@dataclass(frozen=True)
class PushedModel:
    """A model that is pushed.

    Attributes:
        path: Its file.
        task: ``pre-training``, or one of :data:`iclip.tasks.TRANSFERS`.
        weights: All of its tensors by name, on the CPU.
        meta: What its file says, plain values that name no place.
        stated_model: The ``model`` section of its config as its file states it, with places.
        file: What the file says of a fine-tuned model; None for one of pre-training.
    """

    path: Path
    task: str
    weights: Mapping[str, Tensor]
    meta: Mapping[str, Any]
    stated_model: Mapping[str, Any]
    file: ModelFile | None = None

    @property
    def config(self) -> Mapping[str, Any]:
        """The ``model`` section of its config."""
        return (self.meta if self.file is None else self.meta["config"])["model"]

    @property
    def start(self) -> str:
        """The weights that a fine-tuning began with, without folders; empty if none are named."""
        config = {} if self.file is None else self.meta["config"]
        named = [get_setting(config, key) for key in ("load_from", "model.backbone.checkpoint")]
        return next((short_name(name) for name in named if isinstance(name, str)), "")

    def with_class_names(self, names: Sequence[str]) -> "PushedModel":
        """Return this fine-tuned model with other names of its classes, in the order of labels."""
        assert self.file is not None
        file = replace(self.file, classes=tuple(names), palette=None)
        return replace(self, file=file, meta=without_places(model_meta(file)))


def read_pushed_model(path: Path) -> PushedModel:
    """Read the model that a user names.

    Args:
        path: A checkpoint, a light file, or the folder of a run.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged, holds numbers that are not finite, or does not say how its model
            is built.
    """
    file = _file_of(path)
    content = load_checkpoint(file)
    damage = find_damage(file)
    if damage is not None:
        raise ValueError(f"{file} is damaged: {damage}. Nothing was pushed")
    if not are_finite(content["state_dict"].values()):
        raise ValueError(f"{file} holds weights that are not finite; take an earlier checkpoint")
    if stated_task(content["meta"], file) in TRANSFERS:
        model = read_model_file(file)
        meta = without_places(model_meta(model))
        stated = model.config.get("model") or {}
        return PushedModel(file, model.task, model.weights, meta, stated, model)
    meta = content["meta"]
    if not isinstance(meta.get("model"), Mapping):
        raise ValueError(
            f"{file} does not say how its model was built (meta['model']), so that nobody could "
            "load it. Push a checkpoint of the hub, or export the weights (iclip export)"
        )
    kept = {key: plain_values(meta[key]) for key in _META if key in meta}
    return PushedModel(
        file, PRE_TRAINING, content["state_dict"], without_places(kept), meta["model"]
    )


def _file_of(path: Path) -> Path:
    if not path.is_dir():
        return path
    found = next((path / name for name in (BEST, LATEST) if (path / name).is_file()), None)
    if found is None:
        raise FileNotFoundError(
            f"{path} holds neither {BEST} nor {LATEST}; name the checkpoint itself"
        )
    return found
