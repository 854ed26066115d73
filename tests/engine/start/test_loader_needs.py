"""What the data workers will need is compared with what the machine has."""

import resource
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mmengine.config import Config

from iclip.engine.start import loader_needs as module
from iclip.engine.start.loader_needs import (
    LoaderNeeds,
    free_shared_bytes,
    loader_needs,
    loader_shortages,
    warn_of_shortages,
)

NEEDS = LoaderNeeds(2 * 10**9, 1000, "8 ranks x ...")


def config(**changes: Any) -> Config:
    cfg = Config(
        dict(
            global_batch_size=12288,
            micro_batch_size=192,
            train_dataloader=dict(
                num_workers=12,
                batch_sampler=dict(type="MixingBatchSampler", ratio=(1, 2)),
                dataset=dict(
                    labelled=dict(image_transform=dict(type="RandomResizedCropFlip", size=224)),
                    pairs=dict(image_transform=dict(type="RandomResizedCropFlip", size=192)),
                ),
            ),
        )
    )
    cfg.merge_from_dict(changes)
    return cfg


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set what the machine has."""

    def has(shared: int = 10**12, soft: int = 1024, hard: int = 10**6) -> None:
        monkeypatch.setattr(module, "free_shared_bytes", lambda: shared)
        monkeypatch.setattr(resource, "getrlimit", lambda kind: (soft, hard))

    return has


def test_needs_of_eight_ranks():
    needs = loader_needs(config(), 8, 8, "cuda")
    assert needs is not None
    # 12 workers with 2 batches each of 192 images: 5.5 GB on the machine.
    assert needs.shared_bytes == 8 * 12 * 2 * 192 * 3 * 224 * 224 == 5_549_064_192
    assert needs.reckoning == ("8 ranks x 12 workers x 2 batches x 192 images of 224 x 224 pixels")
    assert 24 * 3 < needs.open_files < 1000


def test_prefetching_counts():
    twice = loader_needs(config(**{"train_dataloader.prefetch_factor": 4}), 8, 8, "cuda")
    once = loader_needs(config(), 8, 8, "cuda")
    assert twice is not None and once is not None
    assert twice.shared_bytes == 2 * once.shared_bytes


def test_batch_of_a_loader_is_taken_where_no_sources_are_mixed():
    cfg = config(**{"train_dataloader.batch_size": 5})
    del cfg.train_dataloader["batch_sampler"]
    needs = loader_needs(cfg, 1, 1, "cpu")
    assert needs is not None and needs.shared_bytes == 24 * 5 * 3 * 224**2


@pytest.mark.parametrize(
    "changes", [{"train_dataloader.num_workers": 0}, {"train_dataloader.dataset": None}]
)
def test_nothing_is_said_about_what_is_not_known(changes: dict[str, Any]):
    assert loader_needs(config(**changes), 1, 1, "cpu") is None


def test_machine_with_enough_lacks_nothing(machine: Callable[..., None]):
    machine()
    assert loader_shortages(NEEDS) == []
    machine(shared=None, soft=resource.RLIM_INFINITY, hard=resource.RLIM_INFINITY)  # type: ignore[arg-type]
    assert loader_shortages(NEEDS) == []


def test_full_shared_memory_is_told(machine: Callable[..., None]):
    machine(shared=64 * 2**20)
    (shortage,) = loader_shortages(NEEDS)
    assert shortage.startswith(
        "/dev/shm has 0.1 GB free, and the data workers hold up to 2.0 GB there (8 ranks x ...): "
        "they would die of a bus error. Give it 3 GB (docker run --shm-size"
    )


@pytest.mark.parametrize(("soft", "hard", "limit"), [(256, 512, 4096), (256, 10**6, 512)])
def test_too_few_open_files_are_told(
    soft: int, hard: int, limit: int, machine: Callable[..., None]
):
    machine(soft=soft, hard=hard)
    (shortage,) = loader_shortages(NEEDS, limit)
    assert shortage.startswith("a process may open 512 files, and a rank opens up to 1,000 for its")
    assert "env_cfg.resource_limit=1000" in shortage


@pytest.mark.parametrize(("first", "count"), [(True, 1), (False, 0)])
def test_start_warns_once_a_machine(
    first: bool, count: int, machine: Callable[..., None], monkeypatch: pytest.MonkeyPatch
):
    machine(shared=0)
    told: list[str] = []
    monkeypatch.setattr(module, "print_log", lambda text, **_: told.append(text))
    monkeypatch.setattr(module, "this_rank", lambda: SimpleNamespace(is_first_of_machine=first))
    warn_of_shortages(config(), 8, 64, "cuda")
    assert [text[:25] for text in told] == ["/dev/shm has 0.0 GB free,"] * count


def test_free_bytes_are_the_system_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "SHARED_MEMORY", tmp_path)
    free = free_shared_bytes()
    # Others write to the same disk.
    assert free is not None and abs(free - shutil.disk_usage(tmp_path).free) < 2 * 10**9
    monkeypatch.setattr(module, "SHARED_MEMORY", tmp_path / "absent")
    assert free_shared_bytes() is None
