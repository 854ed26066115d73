"""The backbone of a training: what ``--model`` names, or what ``--checkpoint`` holds."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iclip.checkpoints import read_backbone
from iclip.checkpoints.backbone_weights import BackboneWeights
from iclip.checkpoints.hub_names import is_hub_name, short_name
from iclip.checkpoints.swin_tensors import BIAS_TABLE, PATCH_KERNEL
from iclip.finetune.asked import MODELS
from iclip.models.swin.arch import ARCHITECTURES, SwinArch
from iclip.tasks import DETECTION, SEGMENTATION, VIDEO

# Of a network that is smaller than Swin-T: key of a recipe's numbers.
MICRO = "micro"
DEFAULT_WINDOW = 7  # arXiv:2103.14030
# Names of tensors that only a fine-tuned model of a task has. A classifier of images is what
# supervised pre-training makes.
_HEADS = {
    "roi_head.": DETECTION, "rpn_head.": DETECTION, "decode_head.": SEGMENTATION,
    "cls_head.": VIDEO,
}  # fmt: skip


@dataclass(frozen=True)
class Backbone:
    """A backbone, as a config describes it.

    Attributes:
        arch: Name in :data:`~iclip.models.swin.arch.ARCHITECTURES`, or its three numbers.
        window_size: Side of the attention windows, in tokens.
        stem: ``patch`` or ``conv``.
        checkpoint: The weights to start from, an absolute path or a name on a hub; None: random
            weights.
        why: What decided, in words.
    """

    arch: str | Mapping[str, Any]
    window_size: int
    stem: str
    checkpoint: str | None
    why: str

    @property
    def size(self) -> str:
        """Key of a recipe's numbers: the name of the arch, or ``micro`` for another one."""
        return self.arch if isinstance(self.arch, str) else MICRO

    @property
    def sizes(self) -> SwinArch:
        """Channels, blocks and heads of each stage."""
        return SwinArch.parse(self.arch)

    @property
    def label(self) -> str:
        """The backbone in words: ``swin_t``, or ``Swin of 48 channels, blocks 2 + 2``."""
        if isinstance(self.arch, str):
            return f"swin_{self.arch[0]}"
        blocks = " + ".join(map(str, self.sizes.depths))
        return f"Swin of {self.sizes.embed_dims} channels, blocks {blocks}"


def choose_backbone(model: str | None, checkpoint: str | None, task: str) -> Backbone:
    """Choose the backbone that ``--model`` and ``--checkpoint`` describe.

    Args:
        model: A key of :data:`~iclip.finetune.asked.MODELS`; None for that of the checkpoint, or
            ``swin_t`` without one.
        checkpoint: A file that holds a Swin, ``FILE#PART`` for a part of it; None for random
            weights.
        task: The task, one of :mod:`iclip.tasks`.

    Raises:
        ValueError: The file holds another network than ``model``, a video backbone where images
            are trained, or a model that was fine-tuned for another task.
        FileNotFoundError: There is no such file.
    """
    if checkpoint is None:
        name = model or "swin_t"
        why = "as asked" if model else "the smallest; --model names another"
        return Backbone(MODELS[name], DEFAULT_WINDOW, "patch", None, why)
    file = read_backbone(checkpoint)
    arch, window = SwinArch.from_weights(file.weights)
    is_video = file.is_video or not _has_square_windows(file)
    _check_task(checkpoint, file, is_video, task)
    named = next((name for name, sizes in ARCHITECTURES.items() if sizes == arch), None)
    backbone = Backbone(
        arch=named or _as_setting(arch),
        # A video's windows also extend over time; the recipe's are 7 x 7.
        window_size=DEFAULT_WINDOW if is_video else window,
        stem="patch" if PATCH_KERNEL in file.weights else "conv",
        checkpoint=_absolute(checkpoint),
        why=f"what {short_name(checkpoint)} holds",
    )
    if model is not None and MODELS[model] != named:
        raise ValueError(
            f"--model {model} and --checkpoint {checkpoint}: the file holds a {backbone.label}. "
            "Leave --model out, or name a file of that model"
        )
    return backbone


def _check_task(checkpoint: str, file: BackboneWeights, is_video: bool, task: str) -> None:
    """Raise ValueError if a file is a fine-tuned model of another task, or a network for video."""
    trained_for = next(
        (of for head, of in _HEADS.items() if any(n.startswith(head) for n in file.other)), None
    )
    # Whoever names the part knows what the file is.
    if trained_for not in (None, task) and "#" not in checkpoint and not is_video:
        raise ValueError(
            f"--checkpoint {checkpoint} was fine-tuned for {trained_for}, not {task}. Name a "
            f"pre-trained file, or take its backbone alone with --checkpoint {checkpoint}#backbone"
        )
    if is_video and task != VIDEO:
        raise ValueError(
            f"--checkpoint {checkpoint} holds a backbone for video, whose patches and windows "
            f"extend over time; {task} takes one for images"
        )


def _has_square_windows(file: BackboneWeights) -> bool:
    """Whether the tables of relative positions are those of square windows, (2 P - 1)**2 rows."""
    rows = next(len(t) for name, t in file.weights.items() if name.endswith(BIAS_TABLE))
    return math.isqrt(rows) ** 2 == rows


def _as_setting(arch: SwinArch) -> dict[str, Any]:
    return dict(embed_dims=arch.embed_dims, depths=arch.depths, num_heads=arch.num_heads)


def _absolute(checkpoint: str) -> str:
    """Make the file's path absolute; the name of a part stays, and that of a model on a hub."""
    if is_hub_name(checkpoint):
        return checkpoint
    file, mark, part = checkpoint.partition("#")
    return str(Path(file).absolute()) + mark + part


def weights_in_words(backbone: Backbone) -> str:
    """Say where the backbone's weights come from."""
    if backbone.checkpoint is None:
        return "random weights"
    return backbone.checkpoint
