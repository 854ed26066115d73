"""Published scores of the protocols of classes in words, and which protocol a run has."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from iclip.report.run import Run
from iclip.results import Result

# What a work had seen of the new classes.
LABELS, CAPTIONS = "labels", "captions"


@dataclass(frozen=True)
class Anchor:
    """A published score that a run's may stand beside.

    Attributes:
        protocol: Its protocol, a key of :data:`~iclip.results.protocols.PROTOCOLS`.
        method: The method.
        backbone: Its image tower.
        scores: Scores in percent by the end of their names: ``AP``, ``APr``, ``mIoU``, ``top1``.
        mark: ``read`` in a public source, ``third party`` (read in another work's table), or
            ``recalled`` (not looked up).
        known: What it had seen of the new classes besides words: ``labels`` of whole images, or
            ``captions`` alone; empty where the protocol has no new classes, or it is not told.
    """

    protocol: str
    method: str
    backbone: str
    scores: Mapping[str, float]
    mark: str
    known: str = ""


@cache
def anchors() -> tuple[Anchor, ...]:
    """Return all published scores."""
    file = Path(__file__).parent / "anchors.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    return tuple(Anchor(**entry) for entry in content["anchors"])


def protocol_of(run: Run, result: Result) -> str | None:
    """Return the protocol of a run's validation or test; None if none is named.

    A test has that of its own config, which may be another than the training's.
    """
    if result.settings.protocol:
        return result.settings.protocol
    named = run.config.get("protocol")
    is_test = any(result is test for test in run.tests)
    return named if isinstance(named, str) and not is_test else None
