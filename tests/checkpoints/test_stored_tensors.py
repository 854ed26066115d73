"""Arrays arrive as they were saved; sizes that cannot be and other contents are refused."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from iclip.checkpoints import read_weights
from tests.checkpoints.crafted_pickles import archive, state_dict, tensor


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("dtype", [">f4", "<f2", "<f8", "<i8", "|u1", "|b1"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_pickled_arrays_arrive(protocol: int, dtype: str, order: str, tmp_path: Path):
    """As detectron2's model zoo has them."""
    array = np.asarray(np.arange(6).reshape(2, 3), dtype=dtype, order=order)  # type: ignore[call-overload]
    content = {"model": {"weight": array, "sliced": array[:, 1:]}, "__author__": "zoo"}
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(content, protocol=protocol))
    found = read_weights(tmp_path / "a.pkl").tensors
    native = array.astype(array.dtype.newbyteorder("="))
    assert torch.equal(found["weight"], torch.from_numpy(np.ascontiguousarray(native)))
    assert torch.equal(found["sliced"], torch.from_numpy(np.ascontiguousarray(native[:, 1:])))


@pytest.mark.parametrize(
    ("numel", "size", "offset", "stride", "told"),
    [
        (4, 5, 0, 1, "larger than its storage"),
        (4, 4, 1, 1, "larger than its storage"),
        (4, 3, 0, 2, "larger than its storage"),
        (4, 10**12, 0, 0, "larger than its storage"),
        (4, 4, 0, -1, "sizes are not sizes"),
        (4, 4, -1, 1, "sizes are not sizes"),
        (-1, 0, 0, 1, "size is not a size"),
        (2**40, 4, 0, 1, "a storage is larger than the file"),
        (3, 3, 0, 1, "has 16 bytes instead of 12"),
    ],
)
def test_impossible_sizes_are_refused(
    numel: int, size: int, offset: int, stride: int, told: str, tmp_path: Path
):
    file = archive(tmp_path / "a.pth", state_dict(weight=tensor(numel, size, offset, stride)))
    with pytest.raises(ValueError, match=rf"a\.pth is truncated or damaged.*{told}"):
        read_weights(file)


def test_arrays_of_objects_are_refused(tmp_path: Path):
    array = np.array([{"a": 1}, None], dtype=object)
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"model": {"weight": array}}))
    with pytest.raises(ValueError, match=r"damaged at weight: an array"):
        read_weights(tmp_path / "a.pkl")
