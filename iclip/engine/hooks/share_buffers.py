"""All ranks validate and test the network that a checkpoint holds."""

from mmengine.hooks import Hook
from mmengine.runner import Runner

from iclip.distributed import share_buffers
from iclip.registry import HOOKS


@HOOKS.register_module()
class ShareBuffers(Hook):
    """Give all ranks the buffers of rank 0 before a validation, and before a test.

    The running statistics of batch norm differ between ranks, as in the convolutional stem of small
    models, and mmengine's loops leave them so: each rank would predict its share of the samples
    with another network, and the best checkpoint would not have the score that chose it.
    ``MultiValLoop`` does this by itself.
    """

    def before_val_epoch(self, runner: Runner) -> None:
        """Share them before a validation."""
        share_buffers(runner.model)

    def before_test_epoch(self, runner: Runner) -> None:
        """Share them before a test."""
        share_buffers(runner.model)
