"""The scenarios by the name that the command line knows."""

from tests.chaos.faults import Scenario
from tests.chaos.kills import killed, killed_again_and_again, out_of_memory
from tests.chaos.notices import asked_to_stop
from tests.chaos.side_by_side import several_evaluations, several_indexers, several_runs
from tests.chaos.trial import Variant

SCENARIOS = {
    "kill": Scenario(killed),
    "kill-outside": Scenario(killed_again_and_again, (Variant(), Variant(ema=True))),
    "memory": Scenario(out_of_memory),
    "notice": Scenario(asked_to_stop),
    "runs": Scenario(several_runs, (Variant(),)),
    "evaluations": Scenario(several_evaluations, (Variant(),)),
    "indexers": Scenario(several_indexers, (Variant(),)),
}
