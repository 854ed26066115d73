"""The loop of training is timed with and without the hooks that watch over it."""

from mmengine.config import Config

from iclip.benchmarks.measurements.guards import GUARDS
from tests.support.measured_rows import seconds, timed_rows
from tests.support.source_imports import REPO


def test_both_models_are_timed_on_both_sides() -> None:
    micro, swin_t = timed_rows("guards")
    assert micro.cells["case"] == "micro/iclip.py, 2 + 2 images of 32 x 32, 4 classes"
    assert str(swin_t.cells["case"]).startswith("iclip_swint_full.py, 1 + 2 images of 56 x 56")
    for row in (micro, swin_t):
        assert min(seconds(row, side) for side in ("without guards", "with guards")) > 0
        assert "with guards / without guards" in row.cells


def test_what_is_left_out_are_hooks_of_every_pre_training() -> None:
    hooks = Config.fromfile(REPO / "configs/_base_/runtime.py").custom_hooks
    assert {*GUARDS} <= {hook.type for hook in hooks}
