"""Run a step again that was kept because a number was not finite, and say where that began.

The weights, the batch and the seeds are the step's. Several ranks' files of one step are run as one
process's micro-batches, which gives the same step (:mod:`iclip.models.step`) up to rounding, and to
what dropout and drop path draw by rank.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from mmengine.device import get_device

from iclip.checkpoints import load_checkpoint, load_model_weights
from iclip.engine.guard.kept_steps import read_kept_step, weights_name
from iclip.engine.guard.tensor_watch import TensorRecord, TensorWatch
from iclip.engine.hooks.seed_each_iteration import iteration_seed, seed_generators
from iclip.engine.optim_wrapper import PrecisionOptimWrapper
from iclip.models.config_without_files import without_files
from iclip.registry import MODELS, check_types, own_type
from iclip.text.class_texts import class_texts_of


@dataclass
class Replay:
    """What a step computed when it was run again.

    Attributes:
        step: What was kept of it, the first file's content (:mod:`iclip.engine.guard.kept_steps`).
        losses: By name; the log's.
        watch: Outputs of modules and their gradients.
        weights: Parameters and buffers of the model that are not finite.
        gradients: Gradients of parameters, by the parameters' order.
    """

    step: Mapping[str, Any]
    losses: dict[str, float] = field(default_factory=dict)
    watch: TensorWatch = field(default_factory=TensorWatch)
    weights: list[TensorRecord] = field(default_factory=list)
    gradients: list[TensorRecord] = field(default_factory=list)

    @property
    def is_finite(self) -> bool:
        """Whether every value was finite."""
        seen = [*self.weights, *self.watch.forward, *self.watch.backward, *self.gradients]
        return all(r.is_finite for r in seen) and all(map(math.isfinite, self.losses.values()))

    def verdict(self) -> str:
        """Name the first value that is not finite, and the module that made it."""
        if self.weights:
            return f"The weights were not finite before the step, first: {self.weights[0].what}"
        for record in self.watch.forward:
            if not record.is_finite:
                return self._forward_verdict(record.what)
        faulty = [name for name, value in self.losses.items() if not math.isfinite(value)]
        if faulty:
            return (
                "All modules' outputs are finite. The first that is not is made of them by the "
                f"losses: {faulty[0]}"
            )
        for record in self.watch.backward:
            if not record.is_finite:
                return self._backward_verdict(record.what)
        if not all(record.is_finite for record in self.gradients):
            first = next(record for record in self.gradients if not record.is_finite)
            return f"All gradients of modules' outputs are finite. Not finite is {first.what}"
        return "Every value of the step is finite"

    def _forward_verdict(self, what: str) -> str:
        kind, _, module = what.partition(" of ")
        if kind == "output":
            return f"The first module whose output is not finite: {module}"
        return (
            f"The first module that reads a value which is not finite: {module}. No module put it "
            f"out: it came from the code of {module.rpartition('.')[0] or 'the model'}, or with "
            "the batch"
        )

    def _backward_verdict(self, what: str) -> str:
        # The innermost of the modules that hold each other was called last.
        readers = self.watch.readers[what]
        innermost = [r for r in readers if not any(o.startswith(f"{r}.") for o in readers)]
        passes = (
            f"in the backward pass of {' or '.join(innermost)}"
            if innermost
            else "between the losses and it, outside of modules"
        )
        return (
            "All outputs and losses are finite. The first gradient that is not: with respect to "
            f"the {what}; it became so {passes}"
        )


class _NoStep(PrecisionOptimWrapper):
    """Computes gradients and leaves them where they are."""

    def step(self, **kwargs: Any) -> None:
        """Change nothing."""

    def zero_grad(self, **kwargs: Any) -> None:
        """Keep the gradients."""


def replay_step(files: Sequence[Path], precision: str | None = None) -> Replay:
    """Run a step again, on the GPU if one is visible.

    Args:
        files: Of one step: ``iter_N_rank_R.pth`` of one or more ranks.
        precision: Of :mod:`iclip.engine.precision`; None: the run's.

    Raises:
        FileNotFoundError: A file is missing, or the weights beside it.
        ValueError: A file is another one, or the files are of several steps, or of a downstream
            task.
    """
    from iclip.models.step import train_step

    steps = [read_kept_step(file) for file in files]
    first = steps[0]
    for file, step in zip(files, steps, strict=True):
        if step["iteration"] != first["iteration"]:
            raise ValueError(
                f"{files[0]} and {file} are of different steps; give files of one step, such as "
                f"iter_{first['iteration']}_rank_*.pth"
            )
    model = model_before(files[0], first["iteration"])
    result = Replay(first)
    result.weights = [
        record
        for name, tensor in model.state_dict(keep_vars=True).items()
        if tensor.is_floating_point()
        and not (record := TensorRecord.of(f"weight {name}", tensor)).is_finite
    ]
    model.set_seed(first["seed"])
    model.set_iteration(first["iteration"] - 1)
    seed_generators(iteration_seed(first["seed"], first["iteration"] - 1, first["rank"]))
    wrapper = _NoStep(
        torch.optim.SGD(model.parameters(), lr=0.0), precision or first.get("precision") or "fp32"
    )
    batches = [batch for step in steps for batch in step["batches"]]
    with result.watch.watching(model):
        losses = train_step(model.train(), batches, wrapper)
    result.losses = {name: value.item() for name, value in losses.items()}
    result.gradients = [
        TensorRecord.of(f"gradient of {name}", parameter.grad)
        for name, parameter in model.named_parameters()
        if parameter.grad is not None
    ]
    return result


def model_before(file: Path, iteration: int) -> Any:
    """Build the model as a step found it.

    Args:
        file: The step's file; the weights lie beside it.
        iteration: The step, from 1.

    Raises:
        FileNotFoundError: The weights are missing.
        ValueError: They are damaged, or the model is not a method of pre-training.
    """
    from iclip.models.methods.image_method import ImageMethod

    weights = file.parent / weights_name(iteration)
    if not weights.is_file():
        raise FileNotFoundError(
            f"{weights} does not exist: rank 0 wrote the step's weights into the folder of its "
            f"run; copy them beside {file}"
        )
    checkpoint = load_checkpoint(weights)
    config, tensors = checkpoint["meta"].get("model") or {}, checkpoint["state_dict"]
    method = own_type(MODELS, config.get("type"))
    if not (isinstance(method, type) and issubclass(method, ImageMethod)):
        raise ValueError(
            f"{file} is of model.type={config.get('type')!r}, a downstream task's, whose labels "
            "the file does not hold: steps of pre-training can be run again. The file holds the "
            "samples' names and images"
        )
    check_types(config, f"{weights}: meta['model']")
    config = without_files(config, tensors)
    if config.get("class_prompts") is not None:
        texts = class_texts_of(checkpoint["meta"]["class_texts"])
        config["class_prompts"] = {**config["class_prompts"], "class_texts": texts}
    model = MODELS.build(config)
    load_model_weights(model, tensors)
    return model.to(get_device())
