"""Which pre-trained weights a downstream task starts from."""

from collections.abc import MutableMapping

from mmengine.config import Config

from iclip.settings import walk_settings

# The setting that names them.
BACKBONE_WEIGHTS = "model.backbone.checkpoint"


def set_pretrained_weights(cfg: Config, checkpoint: str) -> None:
    """Let the backbone start from a file, and all of the model that started from the same one.

    Args:
        cfg: The config of a downstream task.
        checkpoint: The file.
    """
    former = cfg.model.backbone.checkpoint
    for _, part in list(walk_settings(cfg.model, "model")):
        # Classifiers by words take their text tower from the pre-training of the backbone.
        if (
            former is not None
            and isinstance(part, MutableMapping)
            and part.get("checkpoint") == former
        ):
            part["checkpoint"] = checkpoint
    cfg.model.backbone.checkpoint = checkpoint
