"""A training that a fault disturbs, and whether it lost anything by it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config

from tests.support.same_run import differences
from tests.support.tiny_run.config import tiny_config, with_hooks, with_validation
from tests.support.train_process import finish, output, run_two_ranks

# A run has 12 iterations, a checkpoint after each fourth, and a validation after each sixth.
ITERATIONS, SAVING_INTERVAL, VALIDATION_INTERVAL = 12, 4, 6


@dataclass(frozen=True)
class Variant:
    """What kind of run is disturbed.

    Attributes:
        ranks: Number of processes, 1 or 2.
        ema: Whether it keeps an average of the weights.
        workers: Data workers of a rank.
    """

    ranks: int = 1
    ema: bool = False
    workers: int = 2

    def __str__(self) -> str:
        ranks = "1 rank" if self.ranks == 1 else f"{self.ranks} ranks"
        return f"{ranks}, {self.workers} workers{', EMA' if self.ema else ''}"


@dataclass(frozen=True)
class Moment:
    """When something happens: arguments of `tests.support.tiny_run.moments.Disturb`."""

    name: str
    iteration: int
    rank: int = 0

    def __str__(self) -> str:
        return f"{self.name}, iteration {self.iteration}, rank {self.rank}"


@dataclass(frozen=True)
class Trial:
    """A run in a folder of its own, beside the undisturbed run of the same config.

    Attributes:
        folder: Its folder, in which it writes ``run`` and ``output.txt``.
        variant: What kind of run it is.
        reference: The folder of the undisturbed run.
    """

    folder: Path
    variant: Variant
    reference: Path

    @property
    def run_folder(self) -> Path:
        """The folder of the checkpoints."""
        return self.folder / "run"

    def run(self, *arguments: str, hooks: tuple[dict[str, Any], ...] = ()) -> list[int]:
        """Run to its end, whatever that is.

        Args:
            arguments: Further arguments of the command line.
            hooks: Further hooks.

        Returns:
            The exit code of each rank; that of a killed one is -9.
        """
        cfg = with_hooks(config(self.folder, self.variant), *hooks)
        if self.variant.ranks == 1:
            return [finish(cfg, self.folder, *arguments)]
        (codes,) = run_two_ranks(cfg, self.folder, *arguments)
        return codes

    def disturb(self, moment: Moment, action: str) -> list[int]:
        """Run until something happens, and what follows from it; see :meth:`run`."""
        return self.run(hooks=(dict(type="Disturb", moment=moment.name, action=action,
                                    iteration=moment.iteration, rank=moment.rank),))  # fmt: skip

    def resume(self, workers: int | None = None) -> None:
        """Continue with ``--resume`` to the last iteration.

        Args:
            workers: Data workers of a rank from now on; None: as many as before.
        """
        count = self.variant.workers if workers is None else workers
        codes = self.run("--resume", "--cfg-options", *worker_options(count))
        assert codes == [0] * self.variant.ranks, f"exit codes {codes}: {output(self.folder)}"

    def lost(self) -> str:
        """Say in what a finished run differs from the undisturbed one; nothing if it is equal."""
        return "; ".join(differences(self.folder, self.reference)[:3])


def config(folder: Path, variant: Variant) -> Config:
    """Return the config of a run in a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    cfg = tiny_config(folder, train_cfg__max_iters=ITERATIONS)
    cfg = with_validation(cfg, VALIDATION_INTERVAL)
    cfg.train_dataloader.num_workers = variant.workers
    cfg.train_dataloader.persistent_workers = variant.workers > 0
    if variant.ema:
        cfg = with_hooks(cfg, dict(type="EMAHook", momentum=0.1))
    return cfg


def worker_options(count: int) -> tuple[str, ...]:
    """Return the settings of a number of data workers, for ``--cfg-options``."""
    loader = "train_dataloader"
    return f"{loader}.num_workers={count}", f"{loader}.persistent_workers={count > 0}"


def run_undisturbed(folder: Path, variant: Variant) -> Path:
    """Run what trials of a variant are compared with, unless it is there; returns the folder."""
    trial = Trial(folder, variant, folder)
    if not (trial.run_folder / "latest.pth").exists():
        codes = trial.run()
        assert codes == [0] * variant.ranks, f"exit codes {codes}: {output(folder)}"
    return folder
