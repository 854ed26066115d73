"""What follows from a traced step: memory, time, data and disk."""

import json

import pytest

from iclip.planning.plan import Hardware, needed_gib
from tests.planning.made_steps import made_plan

# 300 in bfloat16 at 989, 1 in float32 at 67 TFLOP per s.
AT_PEAK = 300 / 989 + 1 / 67


def test_memory_is_the_peak_with_context_and_slack():
    assert needed_gib(made_plan().step) == pytest.approx(22 * 1.05 + 1.5)


@pytest.mark.parametrize(("memory", "fits"), [(24.59, False), (24.61, True)])
def test_it_fits_if_the_memory_holds_what_is_needed(memory: float, fits: bool):
    assert made_plan(hardware=Hardware(8, memory)).fits is fits


def test_time_is_the_rate_of_each_type_at_both_utilizations():
    assert made_plan().step_seconds == pytest.approx((AT_PEAK / 0.25, AT_PEAK / 0.10))


def test_days_are_those_of_all_steps():
    assert made_plan().days == pytest.approx([1000 * s / 86400 for s in made_plan().step_seconds])
    assert made_plan(max_iters=None).days is None


def test_a_pair_takes_two_reads():
    plan = made_plan()
    assert plan.reads_per_step == 4096 + 2 * 8192
    assert plan.per_second(450) == pytest.approx((450 * 0.10 / AT_PEAK, 450 * 0.25 / AT_PEAK))


def test_a_gpu_without_a_known_rate_has_no_times():
    plan = made_plan(hardware=Hardware(8, 48))
    assert plan.step_seconds is None and plan.days is None and plan.per_second(1) is None


def test_json_has_the_parts_and_survives_a_round_trip():
    plain = json.loads(json.dumps(made_plan().as_json()))
    assert plain["fits"] is True and plain["peak_gib"] == 22
    assert (plain["micro_batch_size"], plain["accumulation"]) == (192, 8)
    assert plain["global_batch_size"] == 12288 and plain["tflop_per_step"] == 301
    assert plain["parts"]["images"] == {
        "gib": 20, "tflop": {"forward": 100, "backward": 200}, "sent_gb": 0,
    }  # fmt: skip
    assert plain["parts"]["gradients"] == {"gib": 0, "tflop": {}, "sent_gb": 2}
    assert plain["checkpoints_gb"] == 9 and plain["index_bytes_per_pair"] == 32
    assert plain["notes"] == ["captions are made up"]


def test_json_of_a_gpu_without_a_rate_has_nulls():
    plain = made_plan(hardware=Hardware(8, 48)).as_json()
    assert plain["gpu"] is plain["days"] is plain["samples_per_second"] is None
