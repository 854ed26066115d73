"""What a block computes again changes memory and time, and neither values nor gradients."""

import gc
from typing import Any

import pytest
import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from tests.gpu_branches.fake_cuda import autocast, fake_cuda, move_to_fake_cuda
from tests.models.swin.small_swin import gradients, images, small_swin

FORMS = (False, "cheap", True)
aten = torch.ops.aten


class Alive(TorchDispatchMode):
    """The bytes of all storages that operators have made and that something still holds."""

    def __init__(self) -> None:
        super().__init__()
        self.made: dict[int, tuple[StorageWeakRef, int]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(out):
            if isinstance(leaf, torch.Tensor):
                storage = leaf.untyped_storage()
                self.made[storage._cdata] = (StorageWeakRef(storage), storage.nbytes())
        return out

    def bytes(self) -> int:
        gc.collect()
        return sum(size for reference, size in self.made.values() if not reference.expired())


def results(form: bool | str) -> tuple[Any, Any, dict[Any, int]]:
    """Output, gradients and the FLOPs of products by operator, with drop path."""
    model = small_swin(with_cp=form, drop_path_rate=0.5).train()
    torch.manual_seed(7)
    with FlopCounterMode(display=False) as counter:
        output = model.forward_pooled(images(4, 3, 37, 53))
        found = gradients(model, output)
    return output, found, counter.get_flop_counts()["Global"]


@pytest.fixture(scope="module")
def by_form() -> dict[bool | str, tuple[Any, Any, dict[Any, int]]]:
    return {form: results(form) for form in FORMS}


@pytest.mark.parametrize("form", ["cheap", True])
def test_values_and_gradients_are_the_same(by_form: Any, form: bool | str):
    torch.testing.assert_close(by_form[form][:2], by_form[False][:2], rtol=0, atol=0)


def test_cheap_form_computes_no_linear_layer_again(by_form: Any):
    plain, cheap, whole = (by_form[form][2] for form in FORMS)
    assert cheap[aten.addmm] == plain[aten.addmm]
    assert cheap[aten.mm] == plain[aten.mm]
    assert whole[aten.addmm] > 1.9 * plain[aten.addmm]


def test_cheap_form_keeps_less_than_half_on_a_gpu():
    kept = {}
    for form in FORMS:
        model = small_swin(arch="tiny", patch_size=4, window_size=7, with_cp=form).train()
        with fake_cuda():
            move_to_fake_cuda(model)
            with Alive() as alive, autocast():
                output = model.forward_pooled(torch.empty(8, 3, 224, 224, device="cuda"))
            kept[form] = alive.bytes()
            del output
    # Measured for Swin-B: 0.42 and 0.09.
    assert 0.2 < kept["cheap"] / kept[False] < 0.5
    assert kept[True] < 0.15 * kept[False]


def test_nothing_is_kept_without_gradients(monkeypatch: pytest.MonkeyPatch):
    model = small_swin(with_cp="cheap")
    monkeypatch.setattr("iclip.models.swin.recompute.checkpoint", None)
    with torch.no_grad():
        model.forward_pooled(images(1, 3, 16, 16))


@pytest.mark.parametrize("form", ["dear", 1, None])
def test_other_form_is_refused(form: Any):
    with pytest.raises(ValueError, match=r"with_cp=.*: give False .*, True .* or 'cheap'"):
        small_swin(with_cp=form)
