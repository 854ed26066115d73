"""What a round of chaos does to a run and reports: a scenario and its fault."""

import random
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.chaos.trial import Trial, Variant, run_undisturbed

VARIANTS = (Variant(), Variant(ema=True), Variant(workers=0), Variant(ranks=2))


@dataclass(frozen=True)
class Fault:
    """What happened to a run, and what it lost.

    Attributes:
        fault: Its kind.
        injected: How and when it was injected.
        lost: What was lost; empty if nothing was.
    """

    fault: str
    injected: str
    lost: str = ""

    def line(self) -> str:
        """Compose the line of a table: fault, injected, survived, lost."""
        survived = "no" if self.lost else "yes"
        return f"{self.fault} | {self.injected} | {survived} | {self.lost or 'nothing'}"


@dataclass(frozen=True)
class Scenario:
    """A kind of fault, which each round injects in another way.

    Attributes:
        inject: Disturbs the run of a trial, resumes it and reports.
        variants: The kinds of runs that it disturbs.
    """

    inject: Callable[[Trial, random.Random], Fault]
    variants: Sequence[Variant] = VARIANTS


def play(scenario: Scenario, seed: str, folder: Path) -> Fault:
    """Play one round; the same seed injects the same.

    Args:
        scenario: What is played.
        seed: Any text.
        folder: Where the undisturbed runs are kept. A run that lost something stays there, too.
    """
    chance = random.Random(seed)
    variant = chance.choice(scenario.variants)
    # The number of data workers changes nothing.
    name = f"undisturbed_{variant.ranks}_{'ema' if variant.ema else 'plain'}"
    reference = run_undisturbed(folder / name, Variant(variant.ranks, variant.ema))
    trial = Trial(Path(tempfile.mkdtemp(dir=folder)), variant, reference)
    try:
        fault = scenario.inject(trial, chance)
    except AssertionError as error:
        fault = Fault(scenario.inject.__name__, str(variant), f"the run does not go on: {error}")
    if fault.lost:
        return replace(fault, lost=f"{fault.lost} (see {trial.folder})")
    shutil.rmtree(trial.folder)
    return fault
