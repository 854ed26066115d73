"""Detection, segmentation and video on the toy world: from pre-trained weights and from scratch.

Both start from the same config at the same budget and differ in the backbone's weights alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from iclip.tasks import DETECTION, SEGMENTATION, VIDEO, in_percent
from iclip.toy.metrics_file import METRICS_FILE, read_metrics_file


@dataclass(frozen=True)
class Transfer:
    """One task.

    Attributes:
        title: As shown.
        task: ``detection``, ``segmentation`` or ``video``.
        config: Name of a config in ``downstream/toy``, without ``.py``; its baseline's ends in
            ``_scratch``.
        held_out: Files to predict on, as a pattern below the toy world.
        metrics: Names of its figures in ``metrics.json``, with how they are shown.
    """

    title: str
    task: str
    config: str
    held_out: str
    metrics: Mapping[str, str]

    def configs(self) -> tuple[str, str]:
        """The config with pre-trained weights and the one without."""
        return self.config, f"{self.config}_scratch"


TRANSFERS = (
    Transfer(
        "detection, Faster R-CNN",
        DETECTION,
        "lvis_frcnn",
        "lvis/images/val/*.jpg",
        {"lvis/AP": "box AP", "lvis/AP50": "box AP50", "lvis/APr": "box AP, rare"},
    ),
    Transfer(
        "segmentation, MaskFormer",
        SEGMENTATION,
        "ade20k_maskformer",
        "ade20k/images/validation/*.jpg",
        {"mIoU": "mIoU"},
    ),
    Transfer(
        "video, Video Swin",
        VIDEO,
        "k400_video_swin",
        "kinetics/clips/val_*.mp4",
        {"acc/top1": "top-1"},
    ),
)


def transfer_table(folder: Path, transfers: Sequence[Transfer] = TRANSFERS) -> str:
    """Lay the figures of finished runs beside each other, in percent.

    Args:
        folder: Holds a work dir for each config, under its name.
        transfers: The tasks.
    """
    lines = [f"{'%':<26}{'':<14}{'pre-trained':>12}{'scratch':>9}"]
    for transfer in transfers:
        found = [_metrics(folder / config) for config in transfer.configs()]
        title = transfer.title
        for name, shown in transfer.metrics.items():
            values = [_shown(metrics, name) for metrics in found]
            lines.append(f"{title:<26}{shown:<14}{values[0]:>12}{values[1]:>9}")
            title = ""
    return "\n".join(lines)


def _metrics(run: Path) -> dict[str, float]:
    file = run / METRICS_FILE
    return read_metrics_file(file)[1] if file.is_file() else {}


def _shown(metrics: Mapping[str, float], name: str) -> str:
    return f"{in_percent(name, metrics[name]):.1f}" if name in metrics else "-"
