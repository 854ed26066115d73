"""Tensors arrive from each file format as they were saved; damage is found."""

import argparse
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from iclip.checkpoints import read_weights
from iclip.checkpoints.torch_files import read_inert
from tests.checkpoints.crafted_pickles import archive, state_dict, tensor

# With such an entry, torch's safe reading refuses a file, and the hub's own reader reads it.
ODD = {"args": argparse.Namespace(lr=1e-3)}


def tensors() -> dict[str, Tensor]:
    torch.manual_seed(0)
    whole = torch.randn(4, 6)
    return {
        "whole": whole,
        "column": whole[:, 2],
        "turned": whole.T,
        "behind": whole[1:, 1:],
        "scalar": torch.tensor(3.5),
        "empty": torch.empty(0, 3),
        "parameter": torch.nn.Parameter(torch.randn(3)),
        "half": torch.randn(3).half(),
        "brain": torch.randn(3).bfloat16(),
        "double": torch.randn(3).double(),
        "long": torch.arange(5),
        "bytes": torch.arange(5, dtype=torch.uint8),
        "bool": torch.tensor([True, False]),
    }


def assert_equal(found: Any, expected: dict[str, Tensor]) -> None:
    assert list(found) == list(expected)
    for name, wanted in expected.items():
        assert found[name].dtype == wanted.dtype
        assert torch.equal(found[name], wanted.detach()), name


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("as_zip", [True, False], ids=["zip", "older"])
def test_what_torch_saved_arrives(as_zip: bool, protocol: int, tmp_path: Path):
    file = tmp_path / "a.pth"
    torch.save(
        {"model": tensors()} | ODD, file,
        pickle_protocol=protocol, _use_new_zipfile_serialization=as_zip,
    )  # fmt: skip
    assert_equal(read_weights(file).tensors, tensors())


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickled_tensors_arrive(protocol: int, tmp_path: Path):
    """As the tools write it that turn a Swin into a file for detectron2."""
    content = {"model": tensors(), "__author__": "third_party", "matching_heuristics": True}
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(content, protocol=protocol))
    assert_equal(read_weights(tmp_path / "a.pkl").tensors, tensors())


def test_views_share_their_storage(tmp_path: Path):
    torch.save({"model": tensors()} | ODD, tmp_path / "a.pth")
    found = read_weights(tmp_path / "a.pth").tensors
    assert (
        found["whole"].untyped_storage().data_ptr() == found["turned"].untyped_storage().data_ptr()
    )


def test_optimizer_is_never_read(tmp_path: Path):
    """Damaged bytes of the optimizer are not noticed."""
    content = {"model": {"weight": torch.ones(64)}, "optimizer": {"moment": torch.ones(64) * 2}}
    torch.save(content | ODD, tmp_path / "a.pth")
    whole = (tmp_path / "a.pth").read_bytes()
    moment = content["optimizer"]["moment"].numpy().tobytes()
    (tmp_path / "a.pth").write_bytes(whole.replace(moment, b"\1" * 256))
    assert torch.equal(read_weights(tmp_path / "a.pth").tensors["weight"], torch.ones(64))


def test_compressed_members_are_refused(tmp_path: Path):
    """A few bytes that unpack to as many as the memory has."""
    file = archive(tmp_path / "a.pth", state_dict(weight=tensor(4, 4)), packed=True)
    with pytest.raises(ValueError, match=r"its member a/data\.pkl is compressed"):
        read_inert(file)


def test_overlapping_members_are_refused(tmp_path: Path):
    """Many names for the same bytes: what is read stays below the file's size."""
    content = state_dict(a=tensor(2**16, 2**16), b=tensor(2**16, 2**16, key="1"))
    file = archive(tmp_path / "a.pth", content, storage=b"\0" * 2**18)
    with pytest.raises(ValueError, match="at b: its tensors are larger than the file"):
        read_weights(file)


@pytest.mark.parametrize("kind", ["arrays", "tensors"])
def test_same_bytes_are_not_copied_many_times(kind: str, tmp_path: Path):
    """Each array or tensor is an object of its own, and all have one run of bytes."""
    weights: dict[str, Any]
    if kind == "arrays":
        array = np.ones(2**16, dtype=np.float32)
        function, arguments, state = array.__reduce__()  # type: ignore[misc]
        weights = {str(i): Rebuilt(function, arguments, state) for i in range(50)}
    else:
        storage = torch.ones(2**16).storage()
        function, (content,) = storage.__reduce__()
        weights = {
            str(i): Rebuilt(
                torch._utils._rebuild_tensor_v2,
                (Rebuilt(function, (content,)), 0, (2**16,), (1,), False, None),
            )
            for i in range(50)
        }
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"model": weights}))
    assert (tmp_path / "a.pkl").stat().st_size < 2 * 2**18
    with pytest.raises(ValueError, match="its tensors are larger than the file"):
        read_weights(tmp_path / "a.pkl")


class Rebuilt:
    """Is pickled as the call of a function, and a state."""

    def __init__(self, *reduced: Any) -> None:
        self.reduced = reduced

    def __reduce__(self) -> Any:
        return self.reduced


@pytest.mark.parametrize("as_zip", [True, False], ids=["zip", "older"])
@pytest.mark.parametrize("kept", [0.95, 0.6, 0.3, 0.05])
def test_truncated_file_is_named_as_such(as_zip: bool, kept: float, tmp_path: Path):
    file = tmp_path / "a.pth"
    torch.save({"model": tensors()} | ODD, file, _use_new_zipfile_serialization=as_zip)
    content = file.read_bytes()
    file.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(ValueError, match=r"a\.pth is truncated or damaged"):
        read_weights(file)


@pytest.mark.parametrize("as_zip", [True, False], ids=["zip", "older"])
def test_any_damage_ends_in_one_kind_of_error(as_zip: bool, tmp_path: Path):
    """Bytes changed, cut out and put in at random: an error that names the file, or the weights."""
    file = tmp_path / "a.pth"
    torch.save({"model": tensors()} | ODD, file, _use_new_zipfile_serialization=as_zip)
    whole, random = file.read_bytes(), np.random.default_rng(0)
    for _ in range(200):
        content = bytearray(whole)
        for place in random.integers(0, len(whole) - 10, random.integers(1, 4)):
            length = random.integers(0, 9)
            content[place : place + length] = random.bytes(random.integers(0, 9))
        file.write_bytes(content)
        try:
            read_weights(file)
        except ValueError as error:
            assert "a.pth" in str(error)


def test_changed_bytes_are_found(tmp_path: Path):
    file = tmp_path / "a.pth"
    torch.save({"model": {"weight": torch.ones(64)}} | ODD, file)
    content = file.read_bytes()
    file.write_bytes(content.replace(torch.ones(64).numpy().tobytes(), b"\1" * 256))
    with pytest.raises(ValueError, match=r"a\.pth is truncated or damaged at weight: Bad CRC"):
        read_weights(file)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "0 bytes"),
        (b"<html>not found</html>", "a file of weights"),
        (b"\x89HDF\r\n\x1a\n", "a file of weights"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a file of weights"),
    ],
)
def test_foreign_files_end_in_one_message(content: bytes, told: str, tmp_path: Path):
    (tmp_path / "a.pth").write_bytes(content)
    with pytest.raises(ValueError, match=rf"a\.pth is truncated or damaged.*{told}.*torch\.save"):
        read_weights(tmp_path / "a.pth")


def test_other_zip_archives_are_named(tmp_path: Path):
    np.savez(tmp_path / "a.npz", weight=np.ones(3))
    with pytest.raises(ValueError, match=r"a zip archive, but not one that torch\.save writes"):
        read_weights(tmp_path / "a.npz")


def test_torchscript_message_says_how_to_convert_it(tmp_path: Path):
    torch.jit.script(torch.nn.Linear(1, 1)).save(str(tmp_path / "a.pt"))
    with pytest.raises(ValueError, match=r"TorchScript.*save its state_dict\(\) with torch\.save"):
        read_weights(tmp_path / "a.pt")
