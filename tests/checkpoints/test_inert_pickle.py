"""Nothing that a pickle names is imported or called, by any instruction."""

import argparse
import collections
import contextlib
import datetime
import functools
import io
import os
import pathlib
import pickle
import pickletools
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iclip.checkpoints.inert_pickle import (
    _CONSTANTS,
    _GETS,
    _IGNORED,
    _LITERALS,
    _PUTS,
    ForbiddenName,
    InertPickle,
    Name,
    Opaque,
)
from iclip.checkpoints.stored_tensors import BUILDERS
from tests.checkpoints.crafted_pickles import text

PLAIN = {"a": [1, 2.5, None, True, "ü", b"\0\1", -(2**70)], "b": {"c": (1, (2, 3), ())}, "d": []}


def read(content: bytes) -> Any:
    return InertPickle(BUILDERS).read(io.BytesIO(content))


class Runs:
    """Runs a function of the test's when a pickle of it is read by Python."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


class Attributes:
    def __init__(self) -> None:
        self.learning_rate = 1e-3


class Settings(dict):
    """As yacs' nodes: a dict with a class."""


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_values_arrive_in_every_protocol(protocol: int):
    assert read(pickle.dumps(PLAIN, protocol=protocol)) == PLAIN


def test_shared_and_circular_values_stay_shared_and_circular():
    circle: list[Any] = [[]]
    circle += [circle[0], circle]
    back = read(pickle.dumps(circle))
    assert back[0] is back[1]
    assert back[2] is back


def test_every_instruction_is_followed():
    handled = {*_CONSTANTS, *_PUTS, *_GETS, *_IGNORED, "STOP"}
    for instruction in pickletools.opcodes:
        method = hasattr(InertPickle, f"_{instruction.name.lower()}")
        assert method or instruction.name in handled or _LITERALS.fullmatch(instruction.name)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "value",
    [
        argparse.Namespace(lr=1e-3), types.SimpleNamespace(a=1), Attributes(), pathlib.Path("x"),
        Settings(a=Settings(b=1)), datetime.datetime(2026, 1, 1), np.float64(3),
        {1, 2}, frozenset((1,)), functools.partial(dict, a=1), range(3), 1j,
        collections.Counter("a"),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_other_objects_are_skipped_and_what_stands_beside_them_arrives(protocol: int, value: Any):
    back = read(pickle.dumps({"odd": [value, value], "weights": [1, 2]}, protocol=protocol))
    assert back["weights"] == [1, 2]


def test_skipped_object_keeps_the_name_of_its_class():
    assert read(pickle.dumps(argparse.Namespace(a=1))).kind == "argparse.Namespace"


def call_of(module: str, name: str, *, by: str) -> bytes:
    """A call of a function with one text, by each instruction that can make one."""
    named = f"c{module}\n{name}\n".encode()
    return {
        "reduce": named + b"(" + text("x") + b"tR.",
        "stack": b"\x80\x04" + text(module) + text(name) + b"\x93(" + text("x") + b"tR.",
        "inst": b"(" + text("x") + f"i{module}\n{name}\n.".encode(),
        "obj": b"(" + named + text("x") + b"o.",
        "newobj": b"\x80\x02" + named + b"(" + text("x") + b"t\x81.",
        "newobj_ex": b"\x80\x04" + named + b"(" + text("x") + b"t}\x92.",
        "build": named + b"}" + text("__code__") + text("x") + b"sb.",
    }[by]


INSTRUCTIONS = ("reduce", "stack", "inst", "obj", "newobj", "newobj_ex", "build")
FUNCTIONS = [
    ("os", "system"), ("posix", "system"), ("nt", "system"), ("subprocess", "Popen"),
    ("builtins", "exec"), ("builtins", "eval"), ("__builtin__", "eval"), ("builtins", "__import__"),
    ("builtins", "open"), ("runpy", "run_path"), ("shutil", "rmtree"), ("socket", "socket"),
    ("importlib", "import_module"), ("posixpath", "join"), ("sys", "exit"),
    ("commands", "check_call"),
]  # fmt: skip


@pytest.mark.parametrize("by", INSTRUCTIONS)
@pytest.mark.parametrize(("module", "name"), FUNCTIONS)
def test_functions_that_run_code_are_refused_by_name(module: str, name: str, by: str):
    with pytest.raises(ForbiddenName, match=rf"^{module}\.{name}$"):
        read(call_of(module, name, by=by))


@pytest.mark.parametrize("by", INSTRUCTIONS)
def test_unlisted_modules_are_not_imported_either(by: str, tmp_path: Path, monkeypatch):
    (tmp_path / "trap_module.py").write_text(f"open({str(tmp_path / 'mark')!r}, 'w')\n")
    monkeypatch.syspath_prepend(tmp_path)
    back = read(call_of("trap_module", "run", by=by))
    assert isinstance(back, Opaque | Name)
    assert "trap_module" not in sys.modules
    assert not (tmp_path / "mark").exists()


def test_hidden_payload_of_python_is_refused():
    content = pickle.dumps({"weights": [1], "args": Runs(os.system, "true")})
    with pytest.raises(ForbiddenName, match=r"^posix\.system$"):
        read(content)


def test_functions_that_build_tensors_keep_their_attributes():
    """BUILD on a function would set its attributes, were the function itself on the stack."""
    from torch._utils import _rebuild_tensor_v2

    before = dict(vars(_rebuild_tensor_v2)), _rebuild_tensor_v2.__defaults__
    state = b"N}" + text("__defaults__") + b"(Nts\x86b."
    assert isinstance(read(b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n" + state), Name)
    assert (dict(vars(_rebuild_tensor_v2)), _rebuild_tensor_v2.__defaults__) == before


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x02" + b"r\xff\xff\xff\x7f".join([b"N"] * 2) + b".",  # memo at 2**31
        b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7fabc.",  # 2**63 bytes follow
        b"\x80\x02\x8b\xff\xff\xff\x7fabc.",  # a number of 2**31 bytes
        b"\x80\x04\x95" + b"\xff" * 8 + b"N.",  # a frame of 2**64 bytes
    ],
    ids=["memo", "bytes", "number", "frame"],
)
def test_claimed_sizes_take_no_memory(content: bytes):
    before = peak()
    with contextlib.suppress(ValueError, OverflowError):
        read(content)
    assert peak() - before < 50 << 20


def peak() -> int:
    """Bytes of this process's largest memory so far."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))


def test_nested_tuples_are_never_hashed():
    """A key of tuples that share each other takes 2**60 steps to hash."""
    nested = b")" + b"2\x86" * 60
    assert read(b"\x80\x02}" + nested + b"Ns.") == {}


def test_deep_nesting_does_not_exceed_the_recursion_limit():
    assert len(read(b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b".")) == 1


def test_long_pickles_are_refused(monkeypatch):
    monkeypatch.setattr("iclip.checkpoints.inert_pickle.MAX_INSTRUCTIONS", 10)
    with pytest.raises(ValueError, match="more than 10 instructions"):
        read(pickle.dumps(list(range(20))))
