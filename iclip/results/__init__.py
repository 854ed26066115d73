"""The record of an evaluation, written by every tool and hook and read by the report.

This package is of the floor, and alone knows the keys of the files: what writes and what reads them
uses the classes. A file is recognized by its content, never by its name.
"""

from iclip.results.class_scores import ClassScore, ClassScores
from iclip.results.details import (
    Classification,
    FewShot,
    LinearProbe,
    Probe,
    Retrieval,
    Unread,
    UnreadImages,
    WordMaps,
)
from iclip.results.record import (
    PROBE,
    RETRIEVAL,
    SCHEMA,
    TIE_RULE,
    TOOL_KINDS,
    WORD_MAPS,
    ZERO_SHOT,
    Provenance,
    Result,
    SetResult,
    Settings,
)
from iclip.results.run_files import METRICS_FILE, load_validation
from iclip.results.tool_files import SCORE_NAMES, load_result, save_result

__all__ = [
    "METRICS_FILE",
    "PROBE",
    "RETRIEVAL",
    "SCHEMA",
    "SCORE_NAMES",
    "TIE_RULE",
    "TOOL_KINDS",
    "WORD_MAPS",
    "ZERO_SHOT",
    "ClassScore",
    "ClassScores",
    "Classification",
    "FewShot",
    "LinearProbe",
    "Probe",
    "Provenance",
    "Result",
    "Retrieval",
    "SetResult",
    "Settings",
    "Unread",
    "UnreadImages",
    "WordMaps",
    "load_result",
    "load_validation",
    "save_result",
]
