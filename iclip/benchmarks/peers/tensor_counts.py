"""How many of a file's tensors a library's own loader takes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from torch import nn

from iclip.benchmarks.peers.library_loaders import LOADERS, Export
from iclip.checkpoints import read_backbone
from iclip.checkpoints.swin_tensors import BUFFERS
from iclip.checkpoints.weight_files import read_tensors


@dataclass(frozen=True)
class LoadedTensors:
    """How many of a file's tensors a loader has taken.

    Indices of relative positions follow from the sizes; no count includes them.

    Attributes:
        layout: Layout of the file.
        loader: The class or function.
        in_file: Tensors of what the loader builds: a backbone, or open_clip's whole model.
        elsewhere: Other tensors in the file: text tower and projections.
        matched: Tensors that have a place in the model.
        missing: Names in the model without one in the file.
        left_over: Names in the file without a place in the model; a note for each tensor that the
            loader drops before it loads.
    """

    layout: str
    loader: str
    in_file: int
    elsewhere: int
    matched: int
    missing: tuple[str, ...]
    left_over: tuple[str, ...]


def count_load(export: Export, loader: str) -> LoadedTensors:
    """Load a file, and count what the library's own call of ``load_state_dict`` was given."""
    whole, _ = read_tensors(export.file)
    in_file = set(whole)
    if not loader.startswith("open_clip"):
        in_file -= set(read_backbone(export.file).other)
    elsewhere = len(whole) - len(in_file)
    counted = [name for name in in_file if not name.endswith(BUFFERS)]
    with watched_loading() as calls:
        LOADERS[export.layout][loader](export, (3,))
    # Of several calls, the one with the most tensors loads the model.
    given, missing, unexpected = max(calls, key=lambda call: len(call[0]))
    dropped = len(counted) - len(given)
    return LoadedTensors(
        export.layout, loader, len(counted), elsewhere,
        matched=len(given) - len(unexpected),
        missing=tuple(missing),
        left_over=(*unexpected, *["dropped by the loader"] * dropped),
    )  # fmt: skip


@contextmanager
def watched_loading() -> Iterator[list[tuple[list[str], list[str], list[str]]]]:
    """Record every ``load_state_dict``: names given, missing and unexpected, without indices."""
    calls: list[tuple[list[str], list[str], list[str]]] = []
    load = nn.Module.load_state_dict

    def record(module: nn.Module, state_dict: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
        result = load(module, state_dict, *args, **kwargs)
        lists = (list(state_dict), result.missing_keys, result.unexpected_keys)
        given, missing, unexpected = (
            [name for name in names if not name.endswith(BUFFERS)] for names in lists
        )
        calls.append((given, missing, unexpected))
        return result

    with patch.object(nn.Module, "load_state_dict", record):
        yield calls
