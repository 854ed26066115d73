import pytest
import torch
from torch import Tensor

from iclip.models.random_state import RandomState


def test_draws_are_repeated_and_then_go_on():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    state = RandomState()
    first = torch.rand(())
    with state.restored():
        assert torch.rand(()) == first
        torch.rand(7)
    assert torch.equal(torch.stack([first, *torch.rand(2)]), expected)


def test_the_state_of_the_current_gpu_is_kept_as_well(monkeypatch: pytest.MonkeyPatch):
    """The branch of a GPU, on a made-up one whose state is a number."""
    gpu = {1: torch.tensor(5)}

    def set_state(state: Tensor, device: int) -> None:
        gpu[device] = state

    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda device: gpu[device])
    monkeypatch.setattr(torch.cuda, "set_rng_state", set_state)
    state = RandomState()
    gpu[1] = torch.tensor(6)  # as if numbers were drawn
    with state.restored():
        assert gpu[1] == 5
        gpu[1] = torch.tensor(7)
    assert gpu[1] == 6
