"""The result file that an evaluation tool was told to write."""

import json
from pathlib import Path
from typing import Any

from iclip.results.tool_files import is_tool_result

# What every data set of every result file says.
SHARED_KEYS = {
    "metric", "split", "protocol", "deviations", "images", "expected", "unread", "left_out",
    "seconds",
}  # fmt: skip


def read_result(folder: Path) -> dict[str, Any]:
    """Read ``result.json``, which must be recognized as a tool's."""
    content = json.loads((folder / "result.json").read_text())
    assert is_tool_result(content)
    return content
