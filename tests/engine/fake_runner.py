"""The parts of mmengine's Runner that a hook sees."""

import logging
from types import SimpleNamespace
from typing import Any

from mmengine.config import Config
from mmengine.logging import MessageHub


def fake_runner(**parts: Any) -> Any:
    """A runner of 100 iterations at iteration 0, with a message hub of its own."""
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
