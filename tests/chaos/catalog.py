"""The scenarios by the name that the command line knows."""

from tests.chaos.damaged_files import damaged_newest, full_disk
from tests.chaos.faults import Scenario
from tests.chaos.kills import killed, killed_again_and_again, out_of_memory
from tests.chaos.lost_ranks import machine_loses_rank, rank_lost, torchrun_lost
from tests.chaos.notices import asked_to_stop
from tests.chaos.side_by_side import several_evaluations, several_indexers, several_runs
from tests.chaos.trial import Variant

SCENARIOS = {
    "kill": Scenario(killed),
    "kill-outside": Scenario(killed_again_and_again, (Variant(), Variant(ema=True))),
    "memory": Scenario(out_of_memory),
    "notice": Scenario(asked_to_stop),
    "damaged": Scenario(damaged_newest),
    "disk": Scenario(full_disk),
    "rank": Scenario(rank_lost, (Variant(ranks=2),)),
    "torchrun": Scenario(torchrun_lost, (Variant(ranks=2),)),
    "machines": Scenario(machine_loses_rank, (Variant(ranks=2),)),
    "runs": Scenario(several_runs, (Variant(),)),
    "evaluations": Scenario(several_evaluations, (Variant(),)),
    "indexers": Scenario(several_indexers, (Variant(),)),
}
