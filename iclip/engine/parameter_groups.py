"""An optimizer's parameter groups as the log shows them."""

from collections.abc import Sequence
from typing import Any


def groups_table(groups: Sequence[dict[str, Any]]) -> str:
    """Return one line per group: its ``name``, its size, and its own rate and weight decay."""
    rows = []
    for group in groups:
        count = sum(parameter.numel() for parameter in group["params"])
        options = [
            f"{key} {group[key]:g}" for key in ("lr", "weight_decay") if group.get(key) is not None
        ]
        rows.append(
            f"  {group['name']:<24} {len(group['params']):>4} tensors {count:>12,} values"
            + ("  " + ", ".join(options) if options else "")
        )
    return "\n".join(rows)
