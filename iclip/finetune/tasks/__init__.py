"""What differs from task to task in a fine-tuning: one module per task, with a ``TASK`` each."""

import importlib
from typing import TYPE_CHECKING

from iclip.tasks import CLASSIFICATION, DETECTION, SEGMENTATION, VIDEO

if TYPE_CHECKING:
    from iclip.finetune.tasks.task import FinetuneTask

# Imported when it is asked for: a command's options are read before torch is imported.
_MODULES = {
    DETECTION: "iclip.finetune.tasks.detection",
    SEGMENTATION: "iclip.finetune.tasks.segmentation",
    VIDEO: "iclip.finetune.tasks.video",
    CLASSIFICATION: "iclip.finetune.tasks.classification",
}
TASK_NAMES = tuple(_MODULES)


def task_named(name: str) -> "FinetuneTask":
    """Return what is particular to a task.

    Args:
        name: One of :data:`TASK_NAMES`.
    """
    task: FinetuneTask = importlib.import_module(_MODULES[name]).TASK
    return task
