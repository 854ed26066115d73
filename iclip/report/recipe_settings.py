"""What a transfer run's resolved config says of the settings that a recipe names.

Each reader gives None where the config does not say.
"""

from collections.abc import Callable, Mapping
from typing import Any

from iclip.report.config_text import setting
from iclip.report.runs import Run
from iclip.tasks import pipeline_steps


def at(key: str) -> Callable[[Run], Any]:
    """Read a dotted key of the config."""
    return lambda run: setting(run.config, key)


def transform(section: str, name: str, key: str) -> Callable[[Run], Any]:
    """Read a setting of the first transform of a type in a loader's pipeline, wrapped or not."""

    def read(run: Run) -> Any:
        found = _transform(setting(run.config, section), name)
        return None if found is None else setting(found, key)

    return read


def present(section: str, name: str) -> Callable[[Run], Any]:
    """Whether a loader's pipeline has a transform; None if there is no pipeline."""

    def read(run: Run) -> Any:
        loader = setting(run.config, section)
        if next(pipeline_steps(loader), None) is None:
            return None
        return _transform(loader, name) is not None

    return read


def schedule(name: str, key: str) -> Callable[[Run], Any]:
    """Read a setting of the first learning-rate schedule of a type."""

    def read(run: Run) -> Any:
        listed = setting(run.config, "param_scheduler")
        schedules = listed if isinstance(listed, list | tuple) else [listed]
        return next(
            (s.get(key) for s in schedules if isinstance(s, Mapping) and s.get("type") == name),
            None,
        )

    return read


def global_batch(run: Run) -> int | None:
    """Images of one step on all processes; None where their number was not recorded."""
    local = setting(run.config, "train_dataloader.batch_size")
    processes = run.starts[-1].get("processes") if run.starts else None
    if not isinstance(local, int) or not isinstance(processes, int):
        return None
    return local * processes


def shorter_sides(run: Run) -> tuple[int, int] | None:
    """The smallest and the largest shorter side of training's images."""
    sides = [min(scale) for scale in _scales(run)]
    return (min(sides), max(sides)) if sides else None


def longer_side(run: Run) -> int | None:
    """The largest longer side of training's images."""
    return max((max(scale) for scale in _scales(run)), default=None)


def norm_decay(run: Run) -> Any:
    """The factor of the weight decay on norms, as mmengine and mmaction spell it."""
    for key in ("norm_decay_mult", "custom_keys.norm.decay_mult", "norm.decay_mult"):
        found = setting(run.config, f"optim_wrapper.paramwise_cfg.{key}")
        if found is not None:
            return found
    return None


def has_pretrained(run: Run) -> bool:
    """Whether the backbone starts from a checkpoint."""
    return setting(run.config, "model.backbone.checkpoint") is not None


def _scales(run: Run) -> list[tuple[int, int]]:
    scales = transform("train_dataloader", "RandomChoiceResize", "scales")(run)
    return [
        (scale[0], scale[1])
        for scale in (scales if isinstance(scales, list | tuple) else ())
        if isinstance(scale, list | tuple)
        and len(scale) == 2
        and all(isinstance(side, int) for side in scale)
    ]


def _transform(loader: Any, name: str) -> Mapping[str, Any] | None:
    return next((step for step in pipeline_steps(loader) if step.get("type") == name), None)
