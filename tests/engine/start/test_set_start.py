"""A config gets the checkpoint that its run goes on from, and that checkpoint's seed."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from iclip.engine.start.resume_point import RESUME_LATEST
from iclip.engine.start.set_start import set_start


def started(folder: Path, resume: str | None, seed: int | None = None) -> Config:
    cfg = Config(dict(work_dir=str(folder), randomness=dict(seed=seed or 0), load_from=None))
    set_start(cfg, resume, seed)
    return cfg


@pytest.mark.parametrize(("asked", "taken"), [(None, 3), (5, 5)])
def test_run_goes_on_with_its_checkpoint_s_seed_unless_another_is_asked_for(
    asked: int | None, taken: int, tmp_path: Path
) -> None:
    torch.save({"state_dict": {}, "meta": {"seed": 3}}, tmp_path / "iter_4.pth")
    (tmp_path / "latest.pth").symlink_to("iter_4.pth")
    cfg = started(tmp_path, RESUME_LATEST, asked)
    assert cfg.resume and cfg.load_from == str(tmp_path / "latest.pth")
    assert cfg.randomness.seed == taken


@pytest.mark.parametrize(("resume", "said"), [(None, 0), (RESUME_LATEST, 1)])
def test_run_without_a_checkpoint_starts_at_the_beginning(
    resume: str | None, said: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(
        "iclip.engine.start.set_start.print_log", lambda text, logger: told.append(text)
    )
    cfg = started(tmp_path / "run", resume)
    assert not cfg.resume and cfg.load_from is None
    assert [text.endswith("no checkpoint yet: starting at iteration 0") for text in told] == (
        [True] * said
    )
