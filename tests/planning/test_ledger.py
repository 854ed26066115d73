"""What the ledger counts equals what other instruments measure on real tensors of the CPU."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.checkpoint import checkpoint
from torch.utils.flop_counter import FlopCounterMode

from iclip.benchmarks.inputs.made_up import build_method, made_up_batch
from iclip.planning.ledger import AGAIN, BACK, BACKWARD, FIRST_PASS, FORWARD, LOSSES, Ledger
from tests.gpu_branches.fake_cuda import replace_tensors

# Models and their batches: labelled images, pairs, side of the images.
SIZES = {
    "micro": ("micro/iclip.py", 8, 8, 32),
    "Swin-T": ("iclip_swint_pairs50.py", 1, 1, 224),
}


@contextmanager
def traced(model: nn.Module, data: dict[str, Any]) -> Iterator[tuple[Ledger, dict[str, Any]]]:
    """Give a model fake weights and images on the CPU, and watch what follows."""
    with FakeTensorMode(allow_non_fake_inputs=True), Ledger("cpu") as ledger:
        with ledger.part("given"):
            replace_tensors(model, torch.empty_like)
            model._set_device(torch.device("cpu"))
            data = data | {"inputs": torch.empty_like(data["inputs"])}
        yield ledger, data


def needed(bytes_by_part: Counter[str]) -> int:
    return bytes_by_part.total() - bytes_by_part["given"]


def build(size: str) -> tuple[Any, dict[str, Any]]:
    config, labelled, pairs, side = SIZES[size]
    model = build_method(config, classes=20)
    data = model.data_preprocessor(made_up_batch(model, labelled, pairs, side), True)
    # Tokenized before anything is traced.
    model.class_prompts.token_ids_at(range(20), 0)
    return model.train(), data


def loss_of(model: nn.Module, data: dict[str, Any]) -> Tensor:
    return torch.stack(list(model(**data, mode="loss").values())).sum()


class Sums(NamedTuple):
    """Of a forward and a backward pass: bytes kept between them, peak in bytes, operations."""

    kept: int
    peak: int
    flops: int


def measure(size: str) -> Sums:
    """Ask torch's own instruments, on real tensors; operations are the same on fake ones."""
    model, data = build(size)
    own = [*model.parameters(), *model.buffers(), *data.values()]
    known = {tensor.untyped_storage().data_ptr() for tensor in own}
    saved: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    profile, counter = torch.profiler.profile(profile_memory=True), FlopCounterMode(display=False)
    with profile as profiler, counter:
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            loss = loss_of(model, data)
        # The graph has lived until here, so no two storages had the same address.
        kept = sum(saved.values())
        loss.backward()
    events = [e for e in profiler.profiler.kineto_results.events() if e.name() == "[memory]"]
    changes = [event.nbytes() for event in sorted(events, key=lambda event: event.start_ns())]
    return Sums(kept, max(accumulate(changes)), counter.get_total_flops())


def trace(size: str) -> Sums:
    """Ask the ledger, on fake tensors."""
    model, data = build(size)
    with traced(model, data) as (ledger, inputs):
        loss = loss_of(model, inputs)
        kept = needed(ledger.in_use)
        loss.backward()
    return Sums(kept, needed(ledger.account.peak), ledger.account.flops.total())


@pytest.fixture(scope="module", params=SIZES)
def sums(request: pytest.FixtureRequest) -> tuple[Sums, Sums]:
    return trace(request.param), measure(request.param)


def test_bytes_kept_for_the_backward_pass_are_those_that_real_tensors_save(sums):
    found, measured = sums
    assert found.kept == pytest.approx(measured.kept, rel=0.05)


def test_peak_is_the_allocators(sums):
    found, measured = sums
    assert found.peak == pytest.approx(measured.peak, rel=0.05)


def test_operations_are_those_of_torchs_counter(sums):
    found, measured = sums
    assert found.flops == measured.flops > 0


class Chain(nn.Module):
    """Two layers of 8 x 8, for 4 rows; a backward pass takes twice the operations."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(8, 8), nn.Linear(8, 8)

    def one(self, x: Tensor) -> Tensor:
        return self.first(x)

    def two(self, x: Tensor) -> Tensor:
        return self.second(x)


LAYER = 2 * 4 * 8 * 8


@pytest.fixture
def chain() -> Iterator[tuple[Chain, Ledger, Tensor]]:
    with Ledger("cpu") as ledger:
        model, x = Chain(), torch.ones(4, 8, requires_grad=True)
        ledger.watch(model, "one", "one")
        ledger.watch(model, "two", "two")
        ledger.restart()
        yield model, ledger, x


def test_a_backward_pass_belongs_to_the_parts_of_the_forward_pass(chain):
    model, ledger, x = chain
    # The second part twice, with the first in between, and another part around nothing.
    model.two(model.one(model.two(x))).sum().backward()
    account = ledger.account
    assert account.flops_of(part="one", stage=FORWARD) == LAYER
    assert account.flops_of(part="two", stage=FORWARD) == 2 * LAYER
    assert account.flops_of(part="one", stage=BACK) == 2 * LAYER
    assert account.flops_of(part="two", stage=BACK) == 4 * LAYER
    assert account.flops_of(part=LOSSES) == 0 and account.flops_of(dtype="float32") == 9 * LAYER


def test_the_outer_part_counts(chain):
    model, ledger, x = chain
    with ledger.part("around"):
        model.one(x)
    assert ledger.account.flops_of(part="around") == LAYER
    assert ledger.account.flops_of(part="one") == 0


def test_what_is_computed_again_is_told_from_the_backward_pass(chain):
    model, ledger, x = chain
    with ledger.part("around"):
        out = checkpoint(
            lambda y: model.second(model.first(y).relu()).relu(), x, use_reentrant=False
        )
    out.sum().backward()
    account = ledger.account
    assert account.flops_of(part="around", stage=FORWARD) == 2 * LAYER
    assert account.flops_of(part="around", stage=AGAIN) == 2 * LAYER
    assert account.flops_of(part="around", stage=BACK) == 4 * LAYER


def test_a_pass_without_gradient_is_a_stage_of_its_own(chain):
    model, ledger, x = chain
    with torch.no_grad():
        model.one(x)
    assert ledger.account.flops_of(part="one", stage=FIRST_PASS) == LAYER


def test_memory_is_given_back_and_views_cost_nothing():
    with Ledger("cpu") as ledger:
        with ledger.part("held"):
            held = torch.zeros(100)
        temporary = torch.zeros(50)
        view = held[10:].view(9, 10)
        assert ledger.in_use == {"held": 400, LOSSES: 200}
        del temporary, held
        assert +ledger.in_use == {"held": 400} and view.numel() == 90
        ledger.count_for(view, "another")
        assert +ledger.in_use == {"another": 400}
        del view
        assert ledger.in_use.total() == 0
    assert ledger.account.peak == {"held": 400, LOSSES: 200}


def test_temporaries_of_the_backward_pass_are_named_so(chain):
    model, ledger, x = chain
    loss = model.one(x).sum()
    ledger.restart()
    loss.backward()
    assert ledger.account.peak[BACKWARD] >= x.numel() * 4


def test_a_new_account_begins_with_what_is_in_use():
    with Ledger("cpu") as ledger:
        held = torch.zeros(100)
        torch.zeros(1000)
        ledger.restart()
        assert ledger.account.peak == {LOSSES: held.untyped_storage().nbytes()}


def test_an_object_without_the_method_is_let_be():
    Ledger("cpu").watch(object(), "no_such_method", "part")


def test_cuda_memory_comes_in_blocks_of_512_bytes():
    with FakeTensorMode(), Ledger("cuda") as ledger:
        held = torch.empty(513, dtype=torch.uint8, device="cuda")
        torch.empty(7)
        assert ledger.in_use.total() == 1024 and held.is_cuda


@pytest.mark.parametrize(("operator", "times"), [("all_gather_into_tensor", 1), ("allreduce_", 2)])
def test_a_ring_sends_all_but_its_own_part(monkeypatch, operator: str, times: int):
    monkeypatch.setattr("iclip.planning.ledger.get_world_size", lambda: 4)
    ledger = Ledger("cpu")
    ledger.exchange("rows", torch.zeros(100), operator)
    assert ledger.account.sent == {"rows": times * 300}
