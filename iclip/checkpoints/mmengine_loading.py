"""Let mmengine load what the hub names as weights: a pushed folder, or a model of a hub.

``load_from`` of a config, the checkpoint of a test, and ``init_cfg=dict(type='Pretrained', ...)``
go through mmengine's loaders, which it chooses by how a name begins.
"""

from pathlib import Path
from typing import Any

import torch
from mmengine.runner.checkpoint import CheckpointLoader, load_from_local

from iclip.checkpoints.hub_names import PREFIX
from iclip.checkpoints.model_folders import is_model_folder
from iclip.checkpoints.safe_loading import load_checkpoint


# mmengine's log names a loader by what stands behind `load_from_`.
def load_from_hub(filename: str, map_location: str | torch.device | None = None) -> dict[str, Any]:
    """Load a model of a hub, ``hf-hub:org/name``; errors as for :func:`load_checkpoint`."""
    return load_checkpoint(filename, map_location or "cpu")


def load_from_disk(filename: str, map_location: str | torch.device | None = None) -> Any:
    """Load a pushed folder as a checkpoint, and any file as mmengine does."""
    if is_model_folder(Path(filename).expanduser()):
        return load_checkpoint(Path(filename).expanduser(), map_location or "cpu")
    return load_from_local(filename, map_location)


# On import, so that it comes before any loading.
CheckpointLoader.register_scheme(prefixes=PREFIX, loader=load_from_hub, force=True)
CheckpointLoader.register_scheme(prefixes="", loader=load_from_disk, force=True)
