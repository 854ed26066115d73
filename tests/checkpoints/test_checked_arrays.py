import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer

from iclip.checkpoints import load_checkpoint
from iclip.checkpoints.checked_arrays import NumberArray, NumberKind, empty_array, number

F8 = NumberKind("f8", False, True)


class Built:
    """Pickled as a call of a function and a state, whatever these are."""

    def __init__(self, function: Any, args: tuple, state: Any = None) -> None:
        self.parts = (function, args) if state is None else (function, args, state)

    def __reduce__(self) -> tuple:
        return self.parts


def read(value: Any, folder: Path, **options: Any) -> Any:
    file = folder / "a.pth"
    torch.save({"state_dict": {}, "meta": {"value": value}}, file, **options)
    return load_checkpoint(file)["meta"]["value"]


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=np.int32).reshape(2, 3)),
        np.array(7),
        np.ones((2, 1), dtype=np.float16),
        np.array([True, False]),
        np.ones(2, ">f4"),
    ],
    ids=str,
)
def test_arrays_of_numbers_arrive(array: np.ndarray, zipped: bool, tmp_path: Path):
    found = read(array, tmp_path, _use_new_zipfile_serialization=zipped)
    expected = pickle.loads(pickle.dumps(array))  # numpy may turn the order of bytes
    assert found.dtype == expected.dtype and found.shape == array.shape
    np.testing.assert_array_equal(found, array)
    # Written again, it is numpy's own.
    again = pickle.loads(pickle.dumps(found))
    assert type(again) is np.ndarray and b"checked_arrays" not in pickle.dumps(found)
    np.testing.assert_array_equal(again, array)


@pytest.mark.parametrize("value", [np.float64(0.1), np.int64(-3), np.bool_(True)], ids=repr)
def test_numbers_arrive_with_their_type(value: np.generic, tmp_path: Path):
    found = read(value, tmp_path)
    assert type(found) is type(value) and found == value


def test_history_that_was_read_goes_on_as_before(tmp_path: Path):
    plain, buffer = HistoryBuffer([1.0, 2.0], [1, 1]), HistoryBuffer([1.0, 2.0], [1, 1])
    read_back = read(buffer, tmp_path)
    for value in (3.0, 4.0):
        plain.update(value)
        read_back.update(value)
    assert read_back.mean() == plain.mean() and read_back.current() == plain.current()
    for one, other in zip(read_back.data, plain.data, strict=True):
        np.testing.assert_array_equal(one, other)


# Each makes numpy follow addresses in the content, read past it, or build what is no number.
OBJECTS = np.dtype("O")
STATE = (3, "<", None, None, None, -1, -1, 0)
BOMBS = {
    "objects": np.array([1, "a"], dtype=object),
    "fields": np.zeros(2, dtype=[("a", "f4"), ("b", "i4")]),
    "texts": np.array(["a"]),
    "dates": np.array(["2020-01-01"], dtype="M8[D]"),
    "a kind with flags": Built(np.dtype, ("f8", False, True), (3, "|", None, None, None, 8, 8, 63)),
    "a kind by name": Built(np.dtype, ("object", False, True)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_is_no_number_is_refused(name: str, tmp_path: Path):
    with pytest.raises(ValueError, match="is refused"):
        read(BOMBS[name], tmp_path)


@pytest.mark.parametrize(
    "state",
    [
        (1, (3,), F8, False, b"\0" * 16),
        (1, (-1,), F8, False, b""),
        (1, (2**62, 4), F8, False, b""),
        (1, ("2",), F8, False, b"\0" * 16),
        (1, (1,), F8, False, [object()]),
        (1, (1,), np.dtype("O"), False, b"\0" * 8),
        (1, (True,), F8, False, b"\0" * 8),
        (),
        None,
    ],
    ids=["short", "negative", "huge", "text", "list", "numpy's kind", "truth value", "(", "None"],
)
def test_content_that_does_not_fit_is_refused(state: Any):
    array = empty_array(NumberArray, (0,), b"b")
    with pytest.raises(pickle.UnpicklingError, match="content is not what it says"):
        array.__setstate__(state)
    assert array.shape == (0,)


@pytest.mark.parametrize(("kind", "content"), [(F8, b"\0"), (np.dtype("O"), b"\0" * 8), (F8, 8)])
def test_number_without_its_bytes_is_refused(kind: Any, content: Any):
    with pytest.raises(pickle.UnpicklingError, match="content is not what it says"):
        number(kind, content)


@pytest.mark.parametrize(("kind", "shape"), [(np.ndarray, (0,)), (NumberArray, (9,)), ("a", (0,))])
def test_only_an_empty_array_is_begun(kind: Any, shape: Any):
    with pytest.raises(pickle.UnpicklingError, match="of the type"):
        empty_array(kind, shape, b"b")


@pytest.mark.parametrize("code", ["O", "O8", "V5", "U3", 8, "f8,f8", ""])
def test_only_kinds_of_numbers_are_built(code: Any):
    with pytest.raises(pickle.UnpicklingError, match="the kind"):
        NumberKind(code, False, True)
