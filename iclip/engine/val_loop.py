"""Validation on several data sets, each with its own metrics."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import torch
from mmengine.evaluator import Evaluator
from mmengine.runner import BaseLoop, Runner
from torch.utils.data import DataLoader

from iclip.distributed import share_buffers
from iclip.engine.precision import autocast
from iclip.engine.stopping import asked_on_any_rank, leave_validation
from iclip.engine.unwrap_model import unwrap
from iclip.registry import LOOPS
from iclip.stop_signals import stop_asked

LoaderConfig: TypeAlias = DataLoader | dict[str, Any]
# One metric, or several on the same predictions.
EvaluatorConfig: TypeAlias = Evaluator | dict[str, Any] | Sequence[dict[str, Any]]


@LOOPS.register_module()
class MultiValLoop(BaseLoop):
    """Run every evaluator over its data loader and return all their metrics together.

    Before the first batch, a metric with a method ``prepare(model)`` gets the model, without its
    distributed wrapper and with the weights under test (those of EMA, if an EMAHook is configured).

    A rank that is asked to stop has all ranks leave the validation together, without a result.

    Args:
        runner: The runner.
        dataloader: One data loader or a list of them, built or as configs.
        evaluator: The metric, or list of metrics, of each data loader, in the same order.
        precision: ``'fp32'``, ``'bf16'`` or ``'auto'``, see :mod:`iclip.engine.precision`.

    Raises:
        ValueError: The two lists differ in length, or two evaluators share a metric's name.
    """

    def __init__(
        self,
        runner: Runner,
        dataloader: LoaderConfig | Sequence[LoaderConfig],
        evaluator: EvaluatorConfig | Sequence[EvaluatorConfig],
        precision: str = "fp32",
    ) -> None:
        loaders = dataloader if isinstance(dataloader, Sequence) else [dataloader]
        # For one data loader, mmengine's configs list the metrics without an outer list.
        single = not isinstance(dataloader, Sequence)
        evaluators = [evaluator] if single or isinstance(evaluator, dict) else list(evaluator)
        if len(loaders) != len(evaluators):
            raise ValueError(
                f"val_dataloader lists {len(loaders)} and val_evaluator {len(evaluators)}; each "
                "dataloader takes one evaluator (a metric or a list of metrics), in the same order"
            )
        if not loaders:
            raise ValueError("val_dataloader is an empty list; set it to None for no validation")
        self.dataloaders = [_built_loader(runner, loader) for loader in loaders]
        self.evaluators = [_built_evaluator(runner, entry) for entry in evaluators]
        self.autocast = autocast(precision)
        # mmengine's hooks ask the loop for the current data loader and evaluator.
        super().__init__(runner, self.dataloaders[0])
        self.evaluator = self.evaluators[0]

    def run(self) -> dict[str, float]:
        """Validate on all data sets.

        Returns:
            The metrics of all evaluators, by name.

        Raises:
            RunStopped: A rank was asked to stop.
        """
        self.runner.call_hook("before_val")
        self.runner.call_hook("before_val_epoch")
        self.runner.model.eval()
        # All ranks evaluate with the batch-norm statistics that a checkpoint would hold.
        share_buffers(self.runner.model)
        metrics: dict[str, float] = {}
        for position, pair in enumerate(zip(self.dataloaders, self.evaluators, strict=True)):
            self.dataloader, self.evaluator = pair
            results = self._run_one()
            self._check_names(position, results, metrics)
            metrics.update(results)
        self.runner.call_hook("after_val_epoch", metrics=metrics)
        self.runner.call_hook("after_val")
        return metrics

    @torch.no_grad()
    def _run_one(self) -> dict[str, float]:
        """Run the current evaluator over the current data loader."""
        model = self.runner.model
        for metric in self.evaluator.metrics:
            if hasattr(metric, "prepare"):
                with self.autocast():
                    metric.prepare(unwrap(model))
        dataset: Any = self.dataloader.dataset
        # The evaluator passes the data set's meta on to its metrics.
        if hasattr(dataset, "metainfo"):
            self.evaluator.dataset_meta = dataset.metainfo
        for index, batch in enumerate(self.dataloader):
            if stop_asked():
                break
            self.runner.call_hook("before_val_iter", batch_idx=index, data_batch=batch)
            with self.autocast():
                outputs = model.val_step(batch)
            self.evaluator.process(data_samples=outputs, data_batch=batch)
            self.runner.call_hook(
                "after_val_iter", batch_idx=index, data_batch=batch, outputs=outputs
            )
        # A rank that left the loop early would wait in vain for the results of the others.
        if asked_on_any_rank():
            leave_validation(self.runner)
        return self.evaluator.evaluate(len(dataset))

    @staticmethod
    def _check_names(position: int, results: dict[str, float], metrics: dict[str, float]) -> None:
        """Refuse results that would overwrite those of an earlier evaluator."""
        repeated = sorted(set(results) & set(metrics))
        if repeated:
            raise ValueError(
                f"val_evaluator[{position}] gives {', '.join(repeated)}, as an evaluator before it "
                "does; set 'prefix' of one of the two"
            )


def _built_loader(runner: Runner, loader: LoaderConfig) -> DataLoader:
    return (
        loader if isinstance(loader, DataLoader) else runner.build_dataloader(loader, runner.seed)
    )


def _built_evaluator(runner: Runner, evaluator: EvaluatorConfig) -> Evaluator:
    if isinstance(evaluator, Evaluator):
        return evaluator
    # ConfigDict's lists are plain lists, but a tuple in a config stays a tuple.
    return runner.build_evaluator(list(evaluator) if isinstance(evaluator, Sequence) else evaluator)
