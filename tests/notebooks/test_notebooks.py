"""What can be seen of the notebooks without running them; `python -m tests.notebooks` does that."""

import ast
import re
from pathlib import Path
from typing import Any

import jupytext
import pytest

from tests.support.source_imports import REPO

NOTEBOOKS = sorted((REPO / "notebooks").glob("*.py"))
TASKS = ("detection", "segmentation", "video", "classification")


def cells(path: Path, kind: str) -> list[Any]:
    return [cell for cell in jupytext.read(path).cells if cell.cell_type == kind]


def test_each_task_has_one() -> None:
    stems = {path.stem.partition("_")[2] for path in NOTEBOOKS}
    assert stems >= set(TASKS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_begins_with_a_title_and_says_how_long_it_takes(path: Path) -> None:
    first = jupytext.read(path).cells[0]
    assert first.cell_type == "markdown" and first.source.startswith("# ")
    assert "On a CPU it takes" in " ".join(first.source.split())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_of_python_parse_and_others_stop_at_an_error(path: Path) -> None:
    for cell in cells(path, "code"):
        if cell.source.startswith("%%"):
            # `!command` would go on after a failure; %%bash does not.
            assert cell.source.startswith("%%bash\n")
        else:
            ast.parse(cell.source)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_writes_below_work_dirs_only(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    (work,) = re.findall(r'^work = Path\("(.+)"\)$', text, flags=re.MULTILINE)
    assert work.startswith("work_dirs/notebooks/")
    outs = re.findall(r"--(?:out|work-dir|cache) (\S+)", text)
    assert outs and all(out.startswith("$WORK/") for out in outs)
