"""Memory of annotation files given back once a run's data sets and metrics have read them."""

from mmengine.hooks import Hook
from mmengine.runner import Runner

from iclip.files.annotations import release_annotations
from iclip.registry import HOOKS


@HOOKS.register_module()
class ReleaseAnnotations(Hook):
    """Forget the annotation files that this process has read; LVIS's take gigabytes."""

    def before_run(self, runner: Runner) -> None:
        """Forget them: mmengine has built all data sets and metrics of the run by now."""
        release_annotations()
