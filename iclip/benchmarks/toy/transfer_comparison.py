"""Detection, segmentation and video on the toy world, from pre-trained weights and from scratch.

Both runs have the same config and budget; only the backbone's weights differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from iclip.results import METRICS_FILE, load_validation
from iclip.results.toy_tables import TRANSFER_METRICS
from iclip.tasks import DETECTION, SEGMENTATION, VIDEO, in_percent


@dataclass(frozen=True)
class Transfer:
    """A downstream task.

    Attributes:
        title: Name in the table.
        task: ``detection``, ``segmentation`` or ``video``.
        config: Name of a config in ``downstream/toy``, without ``.py``; its baseline's ends in
            ``_scratch``.
        held_out: Pattern, below the toy world, of files to predict on.
    """

    title: str
    task: str
    config: str
    held_out: str

    def configs(self) -> tuple[str, str]:
        """Return the config with pre-trained weights and the one without."""
        return self.config, f"{self.config}_scratch"


TRANSFERS = (
    Transfer(
        "detection, Faster R-CNN",
        DETECTION,
        "lvis_frcnn",
        "lvis/images/val/*.jpg",
    ),
    Transfer(
        "segmentation, MaskFormer",
        SEGMENTATION,
        "ade20k_maskformer",
        "ade20k/images/validation/*.jpg",
    ),
    Transfer(
        "video, Video Swin",
        VIDEO,
        "k400_video_swin",
        "kinetics/clips/val_*.mp4",
    ),
)


def transfer_table(folder: Path, transfers: Sequence[Transfer] = TRANSFERS) -> str:
    """Lay out the scores of finished runs beside each other, in percent.

    Args:
        folder: Holds a work dir per config, under its name.
        transfers: The tasks.
    """
    lines = [f"{'%':<26}{'':<14}{'pre-trained':>12}{'scratch':>9}"]
    for transfer in transfers:
        found = [_metrics(folder / config) for config in transfer.configs()]
        title = transfer.title
        for name, shown in TRANSFER_METRICS[transfer.task].items():
            values = [_shown(metrics, name) for metrics in found]
            lines.append(f"{title:<26}{shown:<14}{values[0]:>12}{values[1]:>9}")
            title = ""  # only in the first row of a task
    return "\n".join(lines)


def _metrics(run: Path) -> dict[str, float]:
    """Read the scores of a run; empty if it has none yet."""
    file = run / METRICS_FILE
    return load_validation(file).metrics if file.is_file() else {}


def _shown(metrics: Mapping[str, float], name: str) -> str:
    return f"{in_percent(name, metrics[name]):.1f}" if name in metrics else "-"
