"""A trainable parameter that no loss reaches stops the run at its first step, by name."""

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch.optim import Optimizer

from iclip.engine.unwrap_model import unwrap
from iclip.messages import counted, listing
from iclip.registry import HOOKS

# How many parameters a message names.
MAX_LISTED = 5


@HOOKS.register_module()
class StopWithoutGradient(Hook):
    """Stop before the first step of the optimizer if a trainable parameter has no gradient.

    Such a parameter keeps its initial value for the whole run, without a word in one process; on
    several ranks, DistributedDataParallel fails in the next iteration, without a name. With
    ``find_unused_parameters=True``, which lets that happen on purpose, nothing is checked.
    """

    def before_train(self, runner: Runner) -> None:
        """Watch for the first step."""
        if runner.cfg.get("find_unused_parameters", False):
            return
        self.runner, self.checked = runner, False
        runner.optim_wrapper.optimizer.register_step_pre_hook(self._before_step)

    def _before_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        """Check once.

        Raises:
            ValueError: A trainable parameter has no gradient.
        """
        # It stays registered: the optimizer is going through its hooks.
        if self.checked:
            return
        self.checked = True
        named = dict(unwrap(self.runner.model).named_parameters())
        trainable = {name for name, parameter in named.items() if parameter.requires_grad}
        without = [name for name in named if name in trainable and named[name].grad is None]
        if without:
            raise ValueError(
                f"no loss reaches {len(without):,} of "
                f"{counted(len(trainable), 'trainable parameter')} "
                f"({listing(without, MAX_LISTED)}): they would keep their initial values. Usual "
                "causes: a tower that nothing reads, such as the text tower where "
                "train_dataloader.batch_sampler.ratio leaves out the pairs (choose the method, "
                "model.type, without it); outputs that are computed without gradients. "
                "If it is meant, freeze the parameters, or set find_unused_parameters=True"
            )
