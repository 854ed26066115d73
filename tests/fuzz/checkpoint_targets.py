"""Checkpoints, weights of other projects, and kept embeddings."""

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from safetensors.torch import save

from iclip.checkpoints import load_checkpoint
from iclip.checkpoints.weight_files import read_weights
from iclip.zeroshot.embedding_store import EmbeddingStore
from tests.fuzz.mutations import mutated
from tests.fuzz.target import Target, read_or_refuse

WEIGHTS = {"a.weight": torch.arange(6.0).reshape(2, 3), "b": torch.ones(2, dtype=torch.float16)}
CONTENT: dict[str, Any] = {"state_dict": WEIGHTS, "meta": {"iter": 3, "name": "x"}}


def saved(content: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


def checkpoints() -> list[bytes]:
    arrays = {"model": {name: tensor.numpy() for name, tensor in WEIGHTS.items()}}
    return [
        saved(CONTENT),
        saved(CONTENT, _use_new_zipfile_serialization=False),
        saved({"model": WEIGHTS, "ema": {**WEIGHTS}}),
        pickle.dumps(arrays, protocol=2),
        pickle.dumps(arrays, protocol=4),
        pickle.dumps({"model": WEIGHTS}),
    ]


def read_any(content: bytes, folder: Path) -> None:
    path = folder / "a.pth"
    path.write_bytes(content)
    for mmap in (False, True):
        read_or_refuse(lambda mmap=mmap: load_checkpoint(path, mmap=mmap))
    found = read_or_refuse(lambda: read_weights(path))
    if found is not None:
        assert sum(tensor.nbytes for tensor in found.tensors.values()) <= 2 * len(content)


def read_safetensors(content: bytes, folder: Path) -> None:
    path = folder / "a.safetensors"
    path.write_bytes(content)
    read_or_refuse(lambda: read_weights(path))


def array(shape: tuple[int, ...], kind: str) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ones(shape, kind))
    return buffer.getvalue()


def part() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, keys=np.ones((2, 32), np.uint8), embeds=np.ones((2, 4), np.float32))
    return buffer.getvalue()


def read_store(given: tuple[bytes, bytes, bytes], folder: Path) -> None:
    """A damaged store is named, or its rows are of the right form."""
    store = EmbeddingStore(folder / "store", {"model": "a"})
    store.parts.mkdir(exist_ok=True)
    for name, content in zip(("a.keys.npy", "a.embeds.npy", "parts/a.npz"), given, strict=True):
        (store.folder / name).write_bytes(content)
    keys = read_or_refuse(store.keys)
    if keys:
        assert all(len(key) == 32 for key in keys)
        read_or_refuse(lambda: store.take([sorted(keys)[0]]))
    read_or_refuse(store.join_parts)
    for path in store.folder.rglob("*.np*"):
        path.unlink()


CHECKPOINT_TARGETS = (
    Target("checkpoints", mutated(checkpoints()), read_any),
    Target("safetensors", mutated([save(WEIGHTS)]), read_safetensors),
    Target(
        "embeddings",
        st.tuples(
            mutated([array((2, 32), "u1")], 2),
            mutated([array((2, 4), "f4")], 2),
            mutated([part()], 2),
        ),
        read_store,
    ),
)
