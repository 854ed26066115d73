"""mmengine's Runner, without a common working directory and without compiling the whole step."""

from typing import Any

import mmengine.runner
from mmengine.evaluator import Evaluator

from iclip.engine.compiled_towers import compile_towers, has_towers
from iclip.engine.unwrap_model import unwrap


class HubRunner(mmengine.runner.Runner):
    """Build and run what a config describes.

    Metrics collect the ranks' results over the process group. By default, mmengine's write them
    into ``.dist_test`` below the working directory, which machines need not share; a metric with a
    ``collect_dir`` still does.

    ``compile`` of the config compiles the towers of the hub's methods, see
    :mod:`iclip.engine.compiled_towers`; of other models, mmengine compiles ``train_step``.
    """

    def build_evaluator(self, evaluator: Any) -> Evaluator:
        """Build the evaluator and decide how its metrics collect."""
        built = super().build_evaluator(evaluator)
        for metric in built.metrics:
            if metric.collect_device == "cpu" and metric.collect_dir is None:
                # Its name for the process group, gloo's as well.
                metric.collect_device = "gpu"
        return built

    def _maybe_compile(self, target: str) -> None:
        model = unwrap(self.model)
        if has_towers(model):
            compile_towers(model, self.cfg.get("compile"))
        else:
            super()._maybe_compile(target)
