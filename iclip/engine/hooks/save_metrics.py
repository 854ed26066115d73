"""The last validation's figures as a file that other programs read."""

import json
from pathlib import Path

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from iclip.engine.atomic_files import write_atomically
from iclip.registry import HOOKS

METRICS_FILE = "metrics.json"


@HOOKS.register_module()
class SaveMetrics(Hook):
    """Write ``metrics.json`` into the work dir after each validation, replacing the last one.

    It holds ``iteration`` and ``samples_seen``, which say how far the model was trained, and
    ``metrics`` by name.
    """

    @master_only
    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Write the file."""
        record = {
            "iteration": runner.iter,
            "samples_seen": runner.message_hub.get_info("samples_seen", 0),
            "metrics": metrics or {},
        }
        # Some metrics are numpy's scalars.
        content = json.dumps(record, indent=1, default=float) + "\n"
        write_atomically(Path(runner.work_dir) / METRICS_FILE, content.encode())
