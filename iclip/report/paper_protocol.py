"""The paper's tables, and which of a user's runs follow the protocol of one of their rows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from iclip.report.run import Run
from iclip.settings import get_setting
from iclip.tasks import PRE_TRAINING

# 32 epochs of half of YFCC-14M and half of ImageNet-21K, see configs/_base_/schedules. The latter
# is ImageNet-22K's 14,197,122 images without the 1,281,167 of ImageNet-1K's training set.
SAMPLES_OF_HALF = 32 * (14_829_396 // 2 + (14_197_122 - 1_281_167) // 2)
# Relative difference of two numbers of samples that rounding to whole iterations may cause.
TOLERANCE = 0.01


@cache
def paper_tables() -> dict[str, Any]:
    """Read the supplement's tables and protocols."""
    return json.loads((Path(__file__).parent / "paper_tables.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class PaperProtocol:
    """What must be equal for a run of pre-training to be comparable with a row of the paper.

    Attributes:
        method: The model's type; ``ICLIP`` is iCLIP.
        arch: The image tower.
        data: Names of the data sets, labelled images and pairs.
        ratio: Percent of pairs and of labelled images in a batch.
        samples: Samples seen as a multiple of Table 1's total; None where any number is accepted.
    """

    method: str
    arch: str
    data: tuple[str, ...]
    ratio: tuple[int, int]
    samples: float | None

    @classmethod
    def of(cls, run: Run) -> "PaperProtocol | None":
        """Read a run's protocol from its config; None if that is not pre-training."""
        dataset = get_setting(run.config, "train_dataloader.dataset")
        if run.task != PRE_TRAINING or not isinstance(dataset, Mapping):
            return None
        # A data set is known by the folder in its path.
        text = json.dumps(dataset, default=str, skipkeys=True)
        sources = {
            name for name in ("in21k", "in22k", "yfcc14m", "laion400m") if f"/{name}" in text
        }
        labelled, pairs = batch_ratio(run)
        whole = labelled + pairs
        return cls(
            method=str(get_setting(run.config, "model.type")).removeprefix("iclip."),
            arch=str(get_setting(run.config, "model.backbone.arch")),
            data=tuple(sorted(sources)),
            ratio=(round(100 * pairs / whole), round(100 * labelled / whole)),
            samples=run.samples_seen / SAMPLES_OF_HALF,
        )

    def deviations(self, wanted: "PaperProtocol") -> list[str]:
        """Say each way in which a run differs from a row of the paper."""
        differences = [
            f"{name} {mine}, not {theirs}"
            for name, mine, theirs in (
                ("method", self.method, wanted.method),
                ("image tower", self.arch, wanted.arch),
                ("data", " + ".join(self.data) or "other", " + ".join(wanted.data)),
                ("pairs : labelled", self.ratio, wanted.ratio),
            )
            if mine != theirs
        ]
        if wanted.samples and abs((self.samples or 0) / wanted.samples - 1) > TOLERANCE:
            differences.append(f"{(self.samples or 0) / wanted.samples:.0%} of the samples")
        return differences


def batch_ratio(run: Run) -> tuple[int, int]:
    """Read how many labelled images and pairs a batch has; equal shares if the config is silent."""
    ratio = get_setting(run.config, "train_dataloader.batch_sampler.ratio")
    if isinstance(ratio, list | tuple) and len(ratio) == 2:
        labelled, pairs = ratio
        if all(isinstance(part, int) and part >= 0 for part in ratio) and labelled + pairs:
            return labelled, pairs
    return 1, 1


_METHODS = {"iCLIP": "ICLIP", "CLIP": "CLIP", "UniCL": "UniCL"}


def table_1_protocol(pairs: int, labelled: int, method: str) -> PaperProtocol:
    """Return the protocol of a row of Table 1."""
    data = ("in21k", "yfcc14m") if labelled else ("yfcc14m",)
    return PaperProtocol(_METHODS[method], "tiny", data, (pairs, labelled), 1.0)


def table_2_protocol(data: str, method: str) -> PaperProtocol:
    """Return the protocol of a row of Table 2: half or all of both data sets, for 32 epochs."""
    samples = 1.0 if "half" in data else 2.0
    return PaperProtocol(_METHODS[method], "tiny", ("in21k", "yfcc14m"), (50, 50), samples)


# 64 labelled images and 128 pairs; the supplement does not state the number of samples.
TABLE_3_PROTOCOL = PaperProtocol("ICLIP", "base", ("in22k", "laion400m"), (67, 33), None)
