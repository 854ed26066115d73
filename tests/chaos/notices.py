"""Runs that are asked to stop, by SIGTERM or by Slurm's SIGUSR1, at any moment."""

import random

from iclip.stop_signals import EXIT_TO_BE_CONTINUED
from tests.chaos.faults import Fault
from tests.chaos.kills import any_moment
from tests.chaos.trial import ITERATIONS, Trial
from tests.support.train_process import records


def asked_to_stop(trial: Trial, chance: random.Random) -> Fault:
    """Ask one rank to stop: all of them end with exit code 75, and no iteration runs twice."""
    action, moment = chance.choice(("SIGTERM", "SIGUSR1")), any_moment(trial, chance)
    codes = trial.disturb(moment, action)
    if moment.name == "starting":
        # It ends at once and alone: the others lose it. Slurm and torchrun notify all of them.
        assert codes[moment.rank] == EXIT_TO_BE_CONTINUED, f"exit codes {codes} at the start"
        trial.resume()
        return Fault(action, f"{moment}; {trial.variant}", trial.lost())
    # One that comes in the last step finds nothing to continue.
    complete = codes == [0] * trial.variant.ranks and moment.iteration >= ITERATIONS - 1
    assert complete or set(codes) == {EXIT_TO_BE_CONTINUED}, f"exit codes {codes} after {moment}"
    if not complete:
        trial.resume()
    ran = [record["iteration"] for record in records(trial.folder) if "iteration" in record]
    repeated = len(ran) - ITERATIONS * trial.variant.ranks
    lost = f"{repeated} iterations ran twice" if repeated else trial.lost()
    return Fault(action, f"{moment}; {trial.variant}", lost)
