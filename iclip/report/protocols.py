"""Protocols of classes in words that a config may name, and published scores of the same kind."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from iclip.messages import listing
from iclip.report.run import Run
from iclip.results import Result

# What a work had seen of the new classes.
LABELS, CAPTIONS = "labels", "captions"


@dataclass(frozen=True)
class Anchor:
    """A published score that a run's may stand beside.

    Attributes:
        protocol: Its protocol, a key of :func:`protocols`.
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
def _content() -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "anchors.json").read_text(encoding="utf-8"))


def protocols() -> Mapping[str, str]:
    """Return the protocols by name, each in words."""
    return _content()["protocols"]


def anchors() -> list[Anchor]:
    """Return all published scores."""
    return [Anchor(**entry) for entry in _content()["anchors"]]


def protocol_of(run: Run, result: Result) -> str | None:
    """Return the protocol of a run's validation or test; None if none is named.

    A test has that of its own config, which may be another than the training's.
    """
    if result.settings.protocol:
        return result.settings.protocol
    named = run.config.get("protocol")
    is_test = any(result is test for test in run.tests)
    return named if isinstance(named, str) and not is_test else None


def protocol_problem(named: Any) -> str | None:
    """Say what is wrong with the ``protocol`` of a config; None if nothing is."""
    if named is None or (isinstance(named, str) and named in protocols()):
        return None
    if not isinstance(named, str):
        return f"protocol is {named!r}; it takes one name, such as 'lvis-openvocab-box'"
    near = get_close_matches(named, protocols(), n=1)
    meant = f"is {near[0]!r} meant? " if near else ""
    return (
        f"protocol {named!r} is not known, so no published score stands beside the run's: {meant}"
        f"There are {listing(sorted(protocols()), 20)}"
    )
