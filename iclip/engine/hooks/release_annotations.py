"""The memory of annotation files is freed once a run has read them."""

from mmengine.hooks import Hook
from mmengine.runner import Runner

from iclip.files.annotations import release_annotations
from iclip.registry import HOOKS


@HOOKS.register_module()
class ReleaseAnnotations(Hook):
    """Forget the annotation files that this process keeps; LVIS's take gigabytes of memory."""

    def before_run(self, runner: Runner) -> None:
        """Forget them; mmengine has built all data sets and metrics of the run by now."""
        release_annotations()
