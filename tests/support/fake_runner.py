"""The parts of mmengine's Runner that a hook sees."""

import logging
from types import SimpleNamespace
from typing import Any

from mmengine.config import Config
from mmengine.logging import MessageHub
from mmengine.runner import BaseLoop


class BuiltLoop(BaseLoop):
    """A training loop that is built, so that its runner counts as one that trains."""

    def __init__(self) -> None:
        """Take nothing."""

    def run(self) -> None:
        """Do nothing."""


def fake_runner(**parts: Any) -> Any:
    """Return a runner of 100 iterations at iteration 0, with a message hub of its own."""
    defaults: dict[str, Any] = dict(
        iter=0,
        max_iters=100,
        rank=0,
        seed=0,
        message_hub=MessageHub("test"),
        logger=logging.getLogger("fake runner"),
        cfg=Config({}),
        _resume=True,
        _load_from="run/latest.pth",
    )
    return SimpleNamespace(**{**defaults, **parts})
