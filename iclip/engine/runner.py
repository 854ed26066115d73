"""mmengine's Runner with other decisions about collecting results, wrapping and compiling."""

from functools import partial
from pathlib import Path
from typing import Any

import mmengine.runner
from mmengine.device import get_device
from mmengine.evaluator import Evaluator
from mmengine.logging import MMLogger
from torch import nn
from torch.utils.data import DataLoader

from iclip.engine.compiled_towers import compile_towers, has_towers
from iclip.engine.run_log import PrintableMessages
from iclip.engine.unwrap_model import unwrap
from iclip.engine.worker_signals import init_worker


class HubRunner(mmengine.runner.Runner):
    """Build and run what a config describes.

    Metrics collect the ranks' results over the process group. By default, mmengine's write them
    into ``.dist_test`` below the working directory, which machines need not share; a metric with a
    ``collect_dir`` still does.

    On several ranks, mmengine's wrapper moves what ``forward`` takes to the GPU, labels and token
    ids too, and a step that reads those as numbers then waits for the GPU; and it cannot wrap a
    model on a CPU. Here, the hub's methods take their inputs where they are.

    ``compile`` of the config compiles the towers of the hub's methods, see
    :mod:`iclip.engine.compiled_towers`; of other models, mmengine compiles ``train_step``.
    """

    @staticmethod
    def build_dataloader(*args: Any, **kwargs: Any) -> DataLoader:
        """Build a data loader whose workers outlive a notice to their process group."""
        loader = mmengine.runner.Runner.build_dataloader(*args, **kwargs)
        loader.worker_init_fn = partial(init_worker, loader.worker_init_fn)
        return loader

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        """Build the run's logger, whose messages hold no control characters."""
        logger = super().build_logger(*args, **kwargs)
        logger.addFilter(PrintableMessages())
        return logger

    def load_checkpoint(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Load a checkpoint without the text that mmengine's ``resume`` would run as a config.

        The hub does not write it.
        """
        checkpoint = super().load_checkpoint(*args, **kwargs)
        checkpoint.get("meta", {}).pop("config", None)
        return checkpoint

    def build_evaluator(self, evaluator: Any) -> Evaluator:
        """Build the evaluator and decide how its metrics collect."""
        built = super().build_evaluator(evaluator)
        for metric in built.metrics:
            if metric.collect_device == "cpu" and metric.collect_dir is None:
                # Its name for the process group, gloo's as well.
                metric.collect_device = "gpu"
        return built

    def dump_config(self) -> None:
        """Write the resolved config into the run's folder, but never over the config itself.

        A fine-tuning's config lies in the folder of its run.
        """
        config = Path(self.cfg.filename or "")
        if (Path(self.work_dir) / config.name).resolve() != config.resolve():
            super().dump_config()

    def wrap_model(self, model_wrapper_cfg: dict[str, Any] | None, model: nn.Module) -> nn.Module:
        """Wrap the model for several ranks."""
        if self.distributed and (has_towers(unwrap(model)) or get_device() == "cpu"):
            default = dict(
                type="MMDistributedDataParallel",
                find_unused_parameters=self.cfg.get("find_unused_parameters", False),
                # As mmengine sets it where the config has no wrapper.
                broadcast_buffers=False,
            )
            model_wrapper_cfg = {**default, **(model_wrapper_cfg or {}), "device_ids": None}
        return super().wrap_model(model_wrapper_cfg, model)

    def _maybe_compile(self, target: str) -> None:
        model = unwrap(self.model)
        if has_towers(model):
            compile_towers(model, self.cfg.get("compile"))
        else:
            super()._maybe_compile(target)
