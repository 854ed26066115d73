"""Results of the evaluation tools: each figure with what the file says of how it was measured."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from iclip.report.json_files import count, is_number, mapping, shown, texts
from iclip.results import SCHEMA

# How the flat names of figures are shown.
METRICS = {"top-1": "top1", "mean per class": "mean_per_class", "11-point mAP": "map_11_point"}


@dataclass(frozen=True)
class Result:
    """What one evaluation measured on one data set.

    Attributes:
        file: Name of the file that holds it.
        kind: ``zero-shot``, ``retrieval`` or ``probe``.
        model: As the user named it.
        suite: Of zero-shot classification; empty elsewhere.
        dataset: Such as ``imagenet1k``.
        figures: In percent, such as ``top1`` or ``ir_r1``.
        recorded: Whether the file says how it was measured; files of earlier versions do not.
        split: In words.
        protocol: The protocol that it follows or comes near; None for one's own data.
        deviations: In words, each way in which it is not that protocol.
        images: That the figure counts; None if unknown.
        expected: That the protocol counts; None if unknown.
        broken: Images that could not be decoded.
        missing: Images that were not there.
        left_out: Files that are no images, in words.
        settings: What all data sets of the file share: weights, precision, image size.
        detail: The data set's own record: templates, variant, class texts, confusion.
    """

    file: str
    kind: str
    model: str
    suite: str
    dataset: str
    figures: Mapping[str, float]
    recorded: bool
    split: str = ""
    protocol: str | None = None
    deviations: tuple[str, ...] = ()
    images: int | None = None
    expected: int | None = None
    broken: int = 0
    missing: int = 0
    left_out: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def counted(self) -> str:
        """``12 of 25,250, 2 broken``: the images that the figure counts."""
        if self.images is None:
            return "not recorded"
        whole = f" of {self.expected:,}" if self.expected is not None else ""
        unread = [
            f"{number:,} {word}"
            for number, word in ((self.broken, "broken"), (self.missing, "missing"))
            if number
        ]
        return ", ".join([f"{self.images:,}{whole}", *unread])

    @property
    def variant(self) -> str:
        """What the class texts held: ``name`` where there are no descriptions to follow it."""
        variant = str(self.detail.get("variant") or "")
        named_only = self.suite in ("kornblith12", "imagenet1k")
        return "name" if named_only and not self.detail.get("descriptions") else variant

    @property
    def how(self) -> str:
        """In words how it was measured."""
        parts = [str(self.settings[key]) for key in ("precision",) if self.settings.get(key)]
        if self.settings.get("image_size"):
            parts.append(f"{self.settings['image_size']} pixels")
        if self.variant:
            parts.append(f"class texts: {self.variant.replace('_', ' and ')}")
        templates = texts(self.detail.get("templates"))
        if templates:
            parts.append(f"{len(templates)} prompts" if len(templates) > 1 else templates[0])
        return ", ".join([*parts, *texts(self.detail.get("notes"))])

    @property
    def fingerprints(self) -> str:
        """Beginnings of the fingerprints of class texts and weights."""
        found = [
            f"{words} {value[:8]}"
            for key, words in (("class_texts", "class texts"), ("weights", "weights"))
            if isinstance(value := self.detail.get(key) or self.settings.get(key), str) and value
        ]
        return ", ".join(found)


def kind_of(content: Any) -> str | None:
    """Tell by its content what a JSON file is.

    Returns:
        ``result``, ``metrics``, ``tests``, ``starts``, ``classes`` or ``data``; None for another.
    """
    if isinstance(content, list):
        entries = [entry for entry in content if isinstance(entry, Mapping)]
        if any("tested" in entry and "metrics" in entry for entry in entries):
            return "tests"
        return "starts" if any("started" in entry for entry in entries) else None
    if not isinstance(content, Mapping):
        return None
    if content.get("schema") == SCHEMA or _old_kind(content):
        return "result"
    if "metrics" in content and ("iteration" in content or "samples_seen" in content):
        return "metrics"
    if "classes" in content and "metric" in content:
        return "classes"
    summaries = [entry for entry in content.values() if isinstance(entry, Mapping)]
    if summaries and all({"reader", "place"} <= entry.keys() for entry in summaries):
        return "data"
    return None


def read_results(file: str, content: Mapping[str, Any], problems: list[str]) -> list[Result]:
    """Read a result file.

    Args:
        file: Its name.
        content: As JSON holds it.
        problems: Receives what is wrong in it; the rest is read.
    """
    recorded = content.get("schema") == SCHEMA
    kind = str(content.get("kind") if recorded else _old_kind(content))
    settings = content.get("settings")
    shared = {
        "file": file, "kind": kind, "model": str(content.get("model") or ""),
        "suite": str(content.get("suite") or ""), "recorded": recorded,
        "settings": settings if isinstance(settings, Mapping) else {},
    }  # fmt: skip
    problems += [f"{file}: not evaluated: {line}" for line in texts(content.get("missing"))]
    found = [
        _read(dataset, detail, shared, problems)
        for dataset, detail in _data_sets(file, kind, content, problems)
    ]
    return [result for result in found if result.figures]


def _data_sets(
    file: str, kind: str, content: Mapping[str, Any], problems: list[str]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if "results" in content or kind == "zero-shot":
        results = mapping(content.get("results"), f"{file}: results", problems)
        for dataset, detail in results.items():
            yield str(dataset), mapping(detail, f"{file}: {dataset}", problems)
    elif kind == "retrieval":
        yield str(content.get("dataset") or "retrieval"), content
    else:
        yield str(content.get("test") or "probe"), content


def _read(
    dataset: str, detail: Mapping[str, Any], shared: Mapping[str, Any], problems: list[str]
) -> Result:
    place = f"{shared['file']}: {dataset}"
    unread = detail.get("unread") if isinstance(detail.get("unread"), Mapping) else {}
    broken = detail.get("broken")
    return Result(
        **shared,
        dataset=dataset,
        figures=dict(_percents(place, shared["kind"], detail, problems)),
        split=str(detail.get("split") or ""),
        protocol=detail["protocol"] if isinstance(detail.get("protocol"), str) else None,
        deviations=texts(detail.get("deviations")),
        images=count(detail.get("images")),
        expected=count(detail.get("expected")),
        broken=len(broken) if isinstance(broken, list) else _unread(unread, "broken"),
        missing=_unread(unread, "missing"),
        left_out=str(detail.get("left_out") or ""),
        detail=detail,
    )


def _percents(
    place: str, kind: str, detail: Mapping[str, Any], problems: list[str]
) -> Iterator[tuple[str, float]]:
    """The figures of a data set; what is no percentage is a problem."""
    candidates: dict[str, Any] = {}
    if kind == "retrieval":
        candidates |= mapping(detail.get("recall"), f"{place}: recall", problems)
    elif kind == "probe":
        candidates["linear probe"] = detail.get("value", _at(detail.get("probe"), "top1"))
        shots = detail.get("few_shot")
        for number, drawn in shots.items() if isinstance(shots, Mapping) else ():
            candidates[f"{number} per class"] = _at(drawn, "mean")
    else:
        metric = str(detail.get("metric") or "top-1")
        candidates[METRICS.get(metric, metric)] = detail.get("value")
    for name, value in candidates.items():
        if is_number(value) and 0 <= value <= 100:
            yield str(name), float(value)
        else:
            problems.append(f"{place}: {name} is {shown(value)}, not a percentage")


def _old_kind(content: Mapping[str, Any]) -> str | None:
    """The kind of a file without a schema."""
    if "results" in content and ("suite" in content or "model" in content):
        return "zero-shot"
    if "results" in content and isinstance(content["results"], Mapping):
        values = content["results"].values()
        return "zero-shot" if any(isinstance(v, Mapping) and "value" in v for v in values) else None
    if "recall" in content and ("dataset" in content or "model" in content):
        return "retrieval"
    return "probe" if "probe" in content and "few_shot" in content else None


def _unread(unread: Any, kind: str) -> int:
    return count(_at(_at(unread, kind), "count")) or 0


def _at(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None
