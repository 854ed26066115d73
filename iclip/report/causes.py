"""What is known to differ between a run and the paper's, read from both their settings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from iclip.messages import listing
from iclip.report.paper_protocol import TABLE_3_PROTOCOL, PaperProtocol
from iclip.report.pretraining_recipe import check_pretraining
from iclip.report.run import Run
from iclip.report.transfer_recipes import check_recipe, setting_in_words
from iclip.settings import get_setting
from iclip.tasks import PRE_TRAINING

_MOST = 6  # causes that a table's cell names


@dataclass(frozen=True)
class Cause:
    """A difference that may be the cause of another score.

    Attributes:
        what: The setting, or what is compared.
        paper: What the paper's run has; of the recipe's settings, some are public or recalled.
        run: What this run has.
    """

    what: str
    paper: str
    run: str

    def __str__(self) -> str:
        """``batch 8, not 16``."""
        return f"{self.what} {self.run}, not {self.paper}" if self.paper else self.what


def causes_of(run: Run, runs: Sequence[Run]) -> list[Cause]:
    """List what sets a run apart from the paper's: its data and recipe, then its pre-training's.

    Args:
        run: A run of pre-training, or a transfer of a task that Section C has.
        runs: All runs, among which the transfer's pre-training may be.
    """
    return list(_causes(run, runs))


def causes_in_words(causes: Sequence[Cause]) -> str:
    """Write the first causes in a line; says if none is known."""
    return listing([str(cause) for cause in causes], _MOST) or "nothing is known to differ"


def pretraining_of(run: Run, runs: Sequence[Run]) -> Run | None:
    """Find the run that wrote the checkpoint from which a transfer's backbone starts."""
    checkpoint = get_setting(run.config, "model.backbone.checkpoint")
    if not isinstance(checkpoint, str):
        return None
    before = [other for other in runs if other.task == PRE_TRAINING]
    return next((other for other in before if other.wrote(checkpoint)), None)


def _causes(run: Run, runs: Sequence[Run]) -> Iterator[Cause]:
    if run.is_toy:
        yield Cause("data", "the paper's", "the toy world's")
    for checked in (*check_pretraining(run), *check_recipe(run)):
        if checked.status == "differs":
            wanted, found = checked.setting.wanted, checked.found
            yield Cause(checked.setting.what, setting_in_words(wanted), setting_in_words(found))
    before = pretraining_of(run, runs)
    if before is not None and before.is_toy:
        yield Cause("data of the pre-training", "the paper's", "the toy world's")
        return
    protocol = PaperProtocol.of(before) if before else None
    # Section C's transfers start from the model of Table 3.
    for words in protocol.deviations(TABLE_3_PROTOCOL) if protocol else ():
        yield Cause(f"pre-training: {words}", "", "")
