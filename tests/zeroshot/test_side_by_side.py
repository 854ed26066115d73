"""Evaluations that run at the same time share a cache: it ends as one evaluation leaves it."""

import multiprocessing
import os
import signal
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from iclip.files.lock_owner import read_owner
from iclip.text.class_texts import read_class_texts
from iclip.zeroshot import cached_embeddings, embedding_store
from iclip.zeroshot.cached_embeddings import embed
from iclip.zeroshot.class_folders import class_folders
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.embedding_store import EmbeddingPart, EmbeddingStore
from iclip.zeroshot.image_readers import ImageReader
from tests.support.dead_owner import leave_lock
from tests.support.stored_embeddings import stored
from tests.zeroshot.networks import Counting, with_network

FORK = multiprocessing.get_context("fork")


class KilledForReal(Counting):
    """Ends its process at a batch, counted from 1, as `kill -9` does; 0: never."""

    def __init__(self, network: Any, at_batch: int = 0) -> None:
        super().__init__(network)
        self.at_batch = at_batch

    def encode_image(self, images: Any) -> Any:
        if len(self.images) + 1 == self.at_batch:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode_image(images)


@pytest.fixture
def reader(photos: Path, table: Path, monkeypatch: pytest.MonkeyPatch) -> ImageReader:
    monkeypatch.setattr(cached_embeddings, "SECONDS_PER_PART", 0)  # each batch is a part
    return class_folders(photos, read_class_texts(table)).reader


def evaluate(
    model: ImageTextEmbedder, reader: ImageReader, cache: Path, barrier: Barrier, found: Any
) -> None:
    barrier.wait(30)
    found.put(embed(model, reader, cache, batch_size=4).embeds.tobytes())


@pytest.mark.parametrize("killed_at", [0, 1, 3])
def test_cache_is_that_of_one_evaluation_bit_by_bit(
    killed_at: int, tiny: ImageTextEmbedder, reader: ImageReader, tmp_path: Path
) -> None:
    # A store is named after its network's layers, so another wrapper is another model.
    model, other = (with_network(tiny, kind(tiny.network)) for kind in (KilledForReal, Counting))
    expected = embed(model, reader, tmp_path / "alone", batch_size=4).embeds.tobytes()
    embed(other, reader, tmp_path / "alone", batch_size=4)
    killed = with_network(tiny, KilledForReal(tiny.network, killed_at))
    for attempt in range(2):
        cache, barrier, found = tmp_path / f"shared{attempt}", FORK.Barrier(4), FORK.Queue()
        processes = [
            FORK.Process(target=evaluate, args=(evaluated, reader, cache, barrier, found))
            for evaluated in (model, model, other, killed)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join(60)
        ended = [process.exitcode for process in processes]
        assert ended == [0, 0, 0, -signal.SIGKILL if killed_at else 0]
        assert {found.get(timeout=10) for code in ended if code == 0} == {expected}
        embed(model, reader, cache, batch_size=4)  # joins what the killed one left
        assert stored(cache) == stored(tmp_path / "alone")
        assert not list(cache.glob("*/parts/*")) and not list(cache.glob("*/*.lock"))


def test_one_process_joins_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that joined the same parts at once would keep some embeddings twice."""
    store = EmbeddingStore(tmp_path, {"weights": "w"})
    store.write(EmbeddingPart([b"a" * 32], [torch.ones(1, 4)]))
    save, seen = embedding_store._save_array, []

    def look_while_saving(path: Path, array: Any) -> None:
        seen.append(read_owner(store.folder / "segments.lock"))
        save(path, array)

    monkeypatch.setattr(embedding_store, "_save_array", look_while_saving)
    store.join_parts()
    assert [owner and owner.pid for owner in seen] == [os.getpid()] * 2


def test_process_that_was_killed_while_it_joined_is_followed_at_once(tmp_path: Path) -> None:
    store = EmbeddingStore(tmp_path, {"weights": "w"})
    store.write(EmbeddingPart([b"a" * 32], [torch.ones(1, 4)]))
    leave_lock(store.folder / "segments.lock")
    store.join_parts()
    assert store.take([b"a" * 32]).tolist() == [[1, 1, 1, 1]]


def test_part_that_is_joined_during_a_look_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = EmbeddingStore(tmp_path, {"weights": "w"})
    store.write(EmbeddingPart([b"a" * 32], [torch.ones(1, 4)]))
    load = np.load

    def joined_before(file: Any, **options: Any) -> Any:
        monkeypatch.setattr(np, "load", load)
        EmbeddingStore(tmp_path, {"weights": "w"}).join_parts()
        return load(file, **options)

    monkeypatch.setattr(np, "load", joined_before)
    assert store.keys() == {b"a" * 32}
