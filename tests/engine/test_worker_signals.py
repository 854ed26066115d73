"""A data worker survives what its process group gets, and ends when its loader asks it to."""

import functools
import os
import signal
import time
from collections.abc import Iterator

import pytest
from torch.utils.data import DataLoader, Dataset

from iclip.engine.runner import HubRunner
from iclip.engine.worker_signals import init_worker


class Workers(Dataset):
    """Each sample is the process that read it; the last ones are never done."""

    def __getitem__(self, index: int) -> int:
        if index >= 40:
            time.sleep(600)
        return os.getpid()

    def __len__(self) -> int:
        return 1000


def seen(worker: int, places: list[int]) -> None:
    os.environ["SEEN"] = str(places[worker])


@pytest.fixture
def loader() -> DataLoader:
    then = functools.partial(seen, places=[0])
    init = functools.partial(init_worker, then)
    return DataLoader(Workers(), batch_size=None, num_workers=1, worker_init_fn=init)


def signal_from_elsewhere(name: str, process: int) -> None:
    """Send a signal that does not come from the worker's rank."""
    if (child := os.fork()) == 0:
        os.kill(process, getattr(signal, name))
        os._exit(0)
    os.waitpid(child, 0)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGUSR1"])
def test_worker_goes_on_after_a_signal_from_elsewhere(name: str, loader: DataLoader):
    batches = iter(loader)
    worker = next(batches)
    signal_from_elsewhere(name, worker)
    assert [next(batches) for _ in range(20)] == [worker] * 20


def test_loader_can_end_a_worker_that_does_not_return(loader: DataLoader):
    batches: Iterator[int] = iter(loader)
    for _ in range(40):
        next(batches)
    (worker,) = batches._workers
    signal_from_elsewhere("SIGTERM", worker.pid)
    worker.join(0.5)
    assert worker.is_alive()
    batches._shutdown_workers()
    worker.join(10)  # which the loader of torch 2.11 does not do once it has asked
    assert worker.exitcode == 0


@pytest.mark.parametrize("seed", [None, 3])
def test_workers_of_a_run_are_such_ones(seed: int | None):
    sampler = dict(type="DefaultSampler", shuffle=False)
    cfg = dict(dataset=Workers(), sampler=sampler, batch_size=1, num_workers=1)
    init = HubRunner.build_dataloader(cfg, seed=seed).worker_init_fn
    assert init.func is init_worker
    # mmengine's own function, which seeds a worker, is not lost.
    assert (init.args[0] is None) == (seed is None)
