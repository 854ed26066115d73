"""The runs below some folders, each once and under a name of its own."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from iclip.report.run import Run
from iclip.report.run_reader import kind_of, read_run, wanted_kind
from iclip.results.json_values import read_json

# How deep runs may lie below a given folder.
DEPTH = 4


def find_runs(folders: Iterable[Path]) -> list[Run]:
    """Read every run in some folders and below, each once and under a name of its own.

    Raises:
        FileNotFoundError: A folder is not there.
        ValueError: A folder holds no run.
    """
    roots = list(folders)
    found: dict[Path, tuple[Path, Path]] = {}
    for root in roots:
        if not root.is_dir():
            raise FileNotFoundError(
                f"{root} is not a folder; name a run's work dir, or a folder with several"
            )
        paths = _run_folders(root)
        if not paths:
            raise ValueError(
                f"{root} holds no run: neither a log (*/vis_data), nor metrics.json, nor a result "
                "of tools/test.py, tools/zeroshot.py, tools/retrieval.py, tools/probe.py or "
                "iclip segment, there or below"
            )
        for path in paths:
            found.setdefault(path.resolve(), (path, root))
    names = _names(list(found.values()), roots)
    return _without_copies([read_run(path, name) for (path, _), name in
                            zip(found.values(), names, strict=True)])  # fmt: skip


def _run_folders(folder: Path) -> list[Path]:
    """Find the folders with a log, or with a file of a known kind or name."""
    found = []
    seen: set[Path] = set()
    for current, below, files in os.walk(folder, followlinks=True):
        path = Path(current)
        if path.resolve() in seen:  # by a link to a folder above, or beside
            below.clear()
            continue
        seen.add(path.resolve())
        depth = len(path.relative_to(folder).parts)
        # os.walk descends into the folders that this list holds after each turn.
        below[:] = sorted(below) if depth < DEPTH else []
        logs = [name for name in below if (path / name / "vis_data").is_dir()]
        tables = [name for name in files if name.endswith(".json")]
        if logs or any(map(wanted_kind, tables)) or _holds_result(path, tables):
            found.append(path)
        below[:] = [name for name in below if name not in logs]
    return found


def _holds_result(path: Path, files: Sequence[str]) -> bool:
    for name in files:
        try:
            if kind_of(read_json(path / name)):
                return True
        except ValueError:
            continue
    return False


def _names(found: Sequence[tuple[Path, Path]], roots: Sequence[Path]) -> list[str]:
    """Name runs by their paths below the one given folder, or below the parent of several."""
    if len(roots) == 1:
        top = roots[0].resolve()
    else:
        top = Path(os.path.commonpath([root.resolve() for root in roots]))
    names = []
    for path, root in found:
        # Links below the root are not resolved: their names are the user's.
        place = root.resolve() / path.relative_to(root)
        names.append(top.name if place == top else place.relative_to(top).as_posix())
    times = Counter(names)
    return [
        name if times[name] == 1 else str(path)
        for name, (path, _) in zip(names, found, strict=True)
    ]


def _without_copies(runs: list[Run]) -> list[Run]:
    """Leave out work dirs of tests whose results stand in the run of the tested checkpoint."""

    def is_copy(run: Run) -> bool:
        if run.validation or run.starts or run.results or not run.tests:
            return False
        others = [test for other in runs if other is not run and other.starts
                  for test in other.tests]  # fmt: skip
        return all(test in others for test in run.tests)

    return [run for run in runs if not is_copy(run)]
