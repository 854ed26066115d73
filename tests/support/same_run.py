"""Whether two runs of one config have computed the same, bit for bit."""

from pathlib import Path
from typing import Any

import torch

from iclip.checkpoints import load_checkpoint
from tests.support.train_process import records

# What a checkpoint holds of a run.
PARTS = ("state_dict", "optimizer", "ema_state_dict", "param_schedulers")


def differences(folder: Path, reference: Path) -> list[str]:
    """Compare a run, which may have been interrupted and resumed, with an undisturbed one.

    Each iteration that ran, as often as it ran, has the losses, learning rate and samples of the
    reference; each validation that ended has its metrics; the last checkpoints are equal.

    Args:
        folder: A folder of `tests.support.train_process`, whose runs have a hook that records.
        reference: The folder of the undisturbed run.

    Returns:
        What differs; nothing if the run is the same.
    """
    expected = {_place(record): record for record in records(reference)}
    ran = records(folder)
    found = [
        f"not run: {name} {number} of rank {rank}"
        for name, number, rank in expected.keys() - {_place(record) for record in ran}
    ]
    found += [f"{_place(r)} is {r}" for r in ran if r != expected.get(_place(r))]
    ours, theirs = (load_checkpoint(f / "run" / "latest.pth") for f in (folder, reference))
    found += [part for part in PARTS if plain(ours.get(part)) != plain(theirs.get(part))]
    found += [
        f"{key} is {ours['meta'][key]}"
        for key in ("iter", "samples_seen")
        if ours["meta"][key] != theirs["meta"][key]
    ]
    return found


def plain(node: Any) -> Any:
    """Nested tensors as lists, which compare exactly."""
    if isinstance(node, torch.Tensor):
        return str(node.dtype), node.tolist()
    if isinstance(node, dict):
        return {key: plain(value) for key, value in node.items()}
    return [plain(value) for value in node] if isinstance(node, list | tuple) else node


def _place(record: dict[str, Any]) -> tuple[str, int, int]:
    """Where a record belongs: the kind, the number of the iteration, and the rank."""
    kind = "validated" if "validated" in record else "iteration"
    return kind, record[kind], record.get("rank", 0)
