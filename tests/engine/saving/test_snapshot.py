"""A snapshot keeps what the training had, whatever the next step does."""

import copy
from collections import OrderedDict
from typing import Any

import pytest
import torch
from mmengine.logging import HistoryBuffer
from torch import nn
from torch.distributed.checkpoint import _state_dict_stager
from torch.optim import AdamW

from iclip.engine.saving.snapshot import Snapshot


def training() -> tuple[nn.Module, AdamW]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    return model, AdamW(model.parameters(), lr=0.1)


def step(model: nn.Module, optimizer: AdamW) -> None:
    model(torch.randn(5, 3)).sum().backward()
    optimizer.step()
    optimizer.zero_grad()


def content(model: nn.Module, optimizer: AdamW) -> dict[str, Any]:
    history = HistoryBuffer()
    history.update(2.0)
    return {
        "state_dict": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "message_hub": OrderedDict(loss=history, seen={"a": [1, 2]}),
    }


def tensors(part: Any) -> list[torch.Tensor]:
    if isinstance(part, torch.Tensor):
        return [part]
    values = part.values() if isinstance(part, dict) else part if isinstance(part, list) else []
    return [tensor for value in values for tensor in tensors(value)]


def test_next_step_does_not_change_it():
    model, optimizer = training()
    step(model, optimizer)
    held = content(model, optimizer)
    expected = copy.deepcopy(held)
    taken = Snapshot().take(held)
    step(model, optimizer)
    held["message_hub"]["seen"]["a"].append(3)
    held["message_hub"]["loss"].update(9.0)
    pairs = list(zip(tensors(taken), tensors(expected), strict=True))
    assert len(pairs) == 9 + 6 * 3
    assert all(torch.equal(a, b) and a.dtype == b.dtype for a, b in pairs)
    assert taken["message_hub"]["seen"] == {"a": [1, 2]}
    assert taken["message_hub"]["loss"].mean() == 2.0
    assert type(taken["state_dict"]) is OrderedDict


def test_memory_is_taken_once():
    model, optimizer = training()
    snapshot, places = Snapshot(), []
    for _ in range(3):
        step(model, optimizer)
        taken = snapshot.take(content(model, optimizer))
        places.append([tensor.data_ptr() for tensor in tensors(taken)])
    assert places[0] == places[1] == places[2]


def test_shared_memory_stays_shared():
    table = torch.arange(6.0)
    taken = Snapshot().take({"table": table, "part": table[2:4], "again": table})
    assert taken["table"].data_ptr() == taken["again"].data_ptr()
    assert taken["part"].tolist() == [2, 3]
    assert taken["part"].untyped_storage().data_ptr() == taken["table"].data_ptr()


@pytest.mark.parametrize("on_gpu", [False, True])
def test_memory_is_pinned_where_there_is_a_gpu(on_gpu: bool, monkeypatch: pytest.MonkeyPatch):
    did: list[Any] = []

    class Stager:
        def __init__(self, pin_memory: bool) -> None:
            did.append(("pinned", pin_memory))

        def stage(self, content: Any, non_blocking: bool) -> Any:
            did.append(("copied without waiting", non_blocking))
            return content

    monkeypatch.setattr(_state_dict_stager, "StateDictStager", Stager)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: on_gpu)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: did.append("waited"))
    snapshot = Snapshot()
    assert snapshot.take(1) == 1 and snapshot.take(2) == 2
    # The next step would change what is being copied.
    copy = [("copied without waiting", on_gpu), *(["waited"] if on_gpu else [])]
    assert did == [("pinned", on_gpu), *copy, *copy]
