"""The forecast of a fine-tuning: what a plan says of its config, in two lines."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch

import iclip.planning
from iclip.commands import finetune_forecast, planned_finetuning
from iclip.commands.finetune_forecast import forecast
from iclip.finetune.asked import Asked
from iclip.planning.plan import Hardware
from tests.planning.made_steps import made_plan
from tests.support.own_choice import CPU, GPU, choice_for, own_data


def lines(machine: Any, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> list[str]:
    """The forecast where the planner returns a made plan for the GPUs that it is asked about."""

    def plan(cfg: Any, hardware: Hardware) -> Any:
        return made_plan(hardware=hardware, **changes)

    monkeypatch.setattr(iclip.planning, "plan_training", plan)
    monkeypatch.setattr(finetune_forecast, "read_planned", lambda text, asked: None)
    choice = choice_for(planned_finetuning.task_named("video").recipe, own_data("video"), None,
                        machine, epochs=2)  # fmt: skip
    planned: Any = SimpleNamespace(choice=choice, config="")
    return forecast(planned, Asked("video", "clips"))


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    found = SimpleNamespace(name="NVIDIA H100 80GB HBM3", total_memory=79 * 2**30)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda number: found)
    return found


def test_memory_and_time_on_this_gpu(card: SimpleNamespace, monkeypatch: pytest.MonkeyPatch):
    # 0.71 to 1.3 s per step, see test_plan_text; 2 epochs of 5 steps.
    assert lines(GPU, monkeypatch) == [
        "memory  24.6 of 79 GiB of each GPU: it fits",
        "time    0:13 to 0:32 for 10 steps, from the GPU's peak rate; validations come on top",
    ]


def test_too_little_memory_and_a_gpu_that_is_not_known(
    card: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
):
    card.name, card.total_memory = "Card of tomorrow", 8 * 2**30
    assert lines(GPU, monkeypatch) == [
        "memory  24.6 of 8 GiB of each GPU: IT DOES NOT FIT: give a smaller --batch-size",
        "time    not known for this GPU",
    ]


def test_cpu_has_the_memory_of_the_tensors(monkeypatch: pytest.MonkeyPatch):
    memory, time = lines(CPU, monkeypatch)
    assert memory.startswith("memory  22.0 GiB of tensors at the peak of a step, in 1 process;")
    assert (
        time == "time    not computed for a CPU: the log's eta says it after the first of 10 steps"
    )
