"""A transfer run's settings where a recipe looks for them: its config, and what follows from it.

Beside the config's own keys, a view holds ``train_transforms`` and ``test_transforms``, the first
transform of each type, and ``schedules``, the first learning-rate schedule of each type.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from iclip.report.run import Run
from iclip.settings import get_setting
from iclip.tasks import pipeline_steps


def recipe_view(run: Run) -> dict[str, Any]:
    """Lay out a run's settings by name; those that the config lacks are absent or None."""
    view = {
        **run.config,
        "train_transforms": _by_type(pipeline_steps(run.config.get("train_dataloader"))),
        "test_transforms": _by_type(pipeline_steps(run.config.get("test_dataloader"))),
        "schedules": _by_type(_entries(run.config.get("param_scheduler"))),
        "global_batch": _global_batch(run),
        "norm_decay": _norm_decay(run),
    }
    scales = _scales(get_setting(view, "train_transforms.RandomChoiceResize.scales"))
    shorter = [min(scale) for scale in scales]
    view["shorter_sides"] = (min(shorter), max(shorter)) if shorter else None
    view["longer_side"] = max(map(max, scales), default=None)
    return view


def _by_type(steps: Iterable[Any]) -> dict[str, Mapping[str, Any]] | None:
    """Return the first mapping of each type; None without any step."""
    listed = list(steps)
    found: dict[str, Mapping[str, Any]] = {}
    for step in listed:
        if isinstance(step, Mapping) and isinstance(step.get("type"), str):
            found.setdefault(step["type"], step)
    return found if listed else None


def _entries(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list | tuple) else [value]


def _global_batch(run: Run) -> int | None:
    """Count the images of one step on all processes; None if their number was not recorded."""
    local = get_setting(run.config, "train_dataloader.batch_size")
    processes = run.starts[-1].get("processes") if run.starts else None
    if not isinstance(local, int) or not isinstance(processes, int):
        return None
    return local * processes


def _norm_decay(run: Run) -> Any:
    """Find the factor of the weight decay on norms, as mmengine and mmaction spell it."""
    keys = ("norm_decay_mult", "custom_keys.norm.decay_mult", "norm.decay_mult")
    found = (get_setting(run.config, f"optim_wrapper.paramwise_cfg.{key}") for key in keys)
    return next((value for value in found if value is not None), None)


def _scales(value: Any) -> list[tuple[int, int]]:
    """Return the pairs of sides in pixels among the ``scales`` of a transform."""
    return [
        (scale[0], scale[1])
        for scale in (value if isinstance(value, list | tuple) else ())
        if isinstance(scale, list | tuple)
        and len(scale) == 2
        and all(isinstance(side, int) for side in scale)
    ]
