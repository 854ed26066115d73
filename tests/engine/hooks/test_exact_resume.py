"""A resume keeps architecture, seed and classes; other changes are logged."""

import logging
from typing import Any

import pytest
from mmengine.config import Config
from torch import nn

from iclip.engine.hooks import ExactResume, exact_resume
from iclip.engine.hooks.exact_resume import changed_settings
from iclip.text.class_texts import ClassText
from tests.support.fake_runner import fake_runner


def model(width: int = 3) -> nn.Module:
    return nn.Sequential(nn.Linear(2, width), nn.Linear(width, 1))


def checkpoint(width: int = 3, **meta: Any) -> dict[str, Any]:
    return {"state_dict": model(width).state_dict(), "meta": {"seed": 0, "world_size": 1, **meta}}


def check(runner: Any, **meta: Any) -> None:
    ExactResume().after_load_checkpoint(runner, checkpoint(**meta))


def test_the_same_run_passes(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO):
        check(fake_runner(model=model()))
    assert [record.message for record in caplog.records] == [
        "Checkpoint run/latest.pth: matched 4/4 tensors"
    ]


@pytest.mark.parametrize("resume", [True, False])
def test_another_architecture_is_refused(resume: bool):
    expected = (
        r"run/latest\.pth does not fit .*another architecture: matched 1/4.*0\.weight \(5, 2\)"
    )
    with pytest.raises(ValueError, match=expected.replace(".*", r"(?s:.*)")):
        check(fake_runner(model=model(), _resume=resume), width=5)


def test_another_seed_is_refused():
    with pytest.raises(ValueError, match=r"randomness\.seed is 1, but .* seed 0.*with --seed 0"):
        check(fake_runner(model=model(), seed=1))


def test_another_seed_matters_only_to_a_resume():
    check(fake_runner(model=model(), seed=1, _resume=False))


def resumed(batch_now: int | None, caplog: pytest.LogCaptureFixture, **meta: Any) -> str:
    """What a resume with a global batch logs besides the matched weights."""
    cfg = Config({} if batch_now is None else dict(global_batch_size=batch_now))
    with caplog.at_level(logging.INFO):
        check(fake_runner(model=model(), cfg=cfg), **meta)
    return "\n".join(record.message for record in caplog.records[1:])


def test_another_number_of_processes_keeps_the_samples(caplog: pytest.LogCaptureFixture):
    assert resumed(64, caplog, world_size=8, global_batch_size=64) == (
        "Resumed on 1 process; the checkpoint is of 8. The steps keep their samples; dropout and "
        "drop path draw by rank"
    )


def test_another_number_of_processes_of_an_earlier_version_is_reported(
    caplog: pytest.LogCaptureFixture,
):
    assert resumed(64, caplog, world_size=8) == (
        "Resumed on 1 process; the checkpoint is of 8. No sample is left out or repeated"
    )


def test_another_global_batch_says_what_changes(caplog: pytest.LogCaptureFixture):
    text = resumed(32, caplog, world_size=1, global_batch_size=64)
    assert text.startswith("Resumed with global_batch_size=32; the checkpoint is of 64. No sample")
    assert "The learning rate, its schedule and max_iters stay, and they count steps" in text


@pytest.mark.parametrize("batch_now", [64, None])
def test_the_same_batch_needs_no_words(batch_now: int | None, caplog: pytest.LogCaptureFixture):
    assert resumed(batch_now, caplog, world_size=1, global_batch_size=batch_now) == ""


def test_changed_settings_are_listed(caplog: pytest.LogCaptureFixture):
    before = Config(dict(train_cfg=dict(max_iters=100), work_dir="a", resume=False))
    now = Config(dict(train_cfg=dict(max_iters=200), work_dir="b", resume=True))
    check(fake_runner(model=model(), cfg=now), cfg=before.pretty_text)
    assert "-train_cfg = dict(max_iters=100)\n+train_cfg = dict(max_iters=200)" in caplog.text


def test_where_a_run_lives_is_no_change():
    before = Config(dict(work_dir="a", resume=False, load_from=None)).pretty_text
    assert not changed_settings(before, before.replace("False", "True").replace("'a'", "'b'"))


def test_changed_class_texts_are_refused():
    now = model()
    now.class_texts = [ClassText("n2", ("b",), ""), ClassText("n1", ("a",), "")]
    before = [{"id": "n1", "names": ["a"], "description": ""}, {"id": "n2", "names": ["b"]}]
    expected = "class-text table has changed: .* 2 classes from n1 to n2, now it is 2 from n2 to n1"
    with pytest.raises(ValueError, match=expected):
        check(fake_runner(model=now), class_texts=before)


def test_ranks_are_compared_before_the_first_iteration(monkeypatch: pytest.MonkeyPatch):
    compared: list[Any] = []
    monkeypatch.setattr(exact_resume, "check_ranks_agree", compared.append)
    runner = fake_runner(model=model())
    ExactResume().before_train(runner)
    assert compared == [runner]
