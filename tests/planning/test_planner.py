"""From a config to a plan."""

import pytest
from mmengine.config import Config

from iclip.batch_sizes import BatchSizes
from iclip.planning import planner as planner_module
from iclip.planning.plan import Hardware, Plan
from iclip.planning.planner import find_micro_batch, make_plan
from tests.planning.made_steps import MadeStep


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> MadeStep:
    step = MadeStep()
    monkeypatch.setattr(planner_module, "_step_of", lambda cfg, classes: step)
    return step


def plan(memory: float, **settings: object) -> Plan:
    cfg = Config(
        dict(train_cfg=dict(max_iters=5), **settings), cfg_text="not read", filename="made.py"
    )
    return make_plan(cfg, Hardware(1, memory))


def test_sizes_that_fit_are_traced_once(made: MadeStep, capsys: pytest.CaptureFixture[str]):
    found = plan(300)
    assert found.fits and found.remedies == [] and made.traced == [BatchSizes(256, 1, 256, 1)]
    assert (found.max_iters, found.kept_checkpoints, found.notes) == (5, 2, ["an assumption"])
    told = capsys.readouterr().err
    assert "made.py: tracing a step of 256 = 1 GPU x 1 x 256" in told


def test_sizes_that_do_not_fit_come_with_remedies(made: MadeStep):
    found = plan(80)
    assert not found.fits and found.remedies[0].startswith("--micro-batch-size 64")


def test_auto_takes_the_largest_that_fits(made: MadeStep):
    found = plan(80, micro_batch_size="auto")
    assert found.fits and found.sizes == BatchSizes(256, 1, 64, 4)


def test_auto_without_any_that_fits_says_what_would_help(made: MadeStep):
    found = plan(3.7, micro_batch_size="auto")
    assert not found.fits and found.remedies


def test_kept_checkpoints_are_the_hooks(made: MadeStep):
    hooks = dict(checkpoint=dict(max_keep_ckpts=4))
    assert plan(300, default_hooks=hooks).kept_checkpoints == 5


@pytest.mark.parametrize(("memory", "size"), [(80, 64), (3.7, None)])
def test_micro_batch_is_the_largest_that_fits(made: MadeStep, memory: float, size: int | None):
    cfg = Config(dict(micro_batch_size=1), cfg_text="not read", filename="made.py")
    assert find_micro_batch(cfg, 1, memory) == size
