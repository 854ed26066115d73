"""Tensors and arrays of a file: checked at once, and read only when ``load`` is called."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from iclip.checkpoints.inert_pickle import Builder, Name, Opaque, str_keyed

# By the class that torch's pickles name for a storage.
DTYPES = {
    "DoubleStorage": torch.float64, "FloatStorage": torch.float32, "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16, "LongStorage": torch.int64, "IntStorage": torch.int32,
    "ShortStorage": torch.int16, "CharStorage": torch.int8, "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}  # fmt: skip
# numpy's codes of the types that an array may have; objects, texts and records are refused.
_NUMBERS = frozenset(("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "b1"))


@dataclass(eq=False)
class Storage:
    """Consecutive numbers of one type in a file.

    Attributes:
        dtype: Their type.
        numel: Their number.
        read: Returns their bytes.
    """

    dtype: torch.dtype
    numel: int
    read: Callable[[], bytes]
    _loaded: Tensor | None = field(default=None, repr=False)

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        return self.numel * self.dtype.itemsize

    def load(self) -> Tensor:
        """Read the numbers, (numel,); they are kept for further calls.

        Raises:
            ValueError: The file holds another number of bytes.
        """
        if self._loaded is None:
            content, wanted = self.read(), self.nbytes
            if len(content) != wanted:
                raise ValueError(f"a storage has {len(content):,} bytes instead of {wanted:,}")
            # torch.frombuffer takes no empty buffer, and bytes are read-only: hence a bytearray.
            empty = torch.empty(0, dtype=self.dtype)
            self._loaded = (
                torch.frombuffer(bytearray(content), dtype=self.dtype) if wanted else empty
            )
        return self._loaded


@dataclass(frozen=True, eq=False)
class StoredTensor:
    """A view of a storage.

    Attributes:
        storage: The numbers.
        offset: Index of the first one.
        size: The tensor's shape.
        stride: Steps in the storage from one entry to the next, per dimension.
    """

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    def load(self) -> Tensor:
        """Read the tensor."""
        return self.storage.load().as_strided(self.size, self.stride, self.offset)


@dataclass(eq=False)
class StoredDtype:
    """Type of an array's numbers.

    Attributes:
        code: numpy's code without the byte order, e.g. ``f4``.
        order: Byte order: ``<``, ``>``, ``|`` (of single bytes) or ``=`` (the machine's own).
    """

    code: str
    order: str = "<"

    def set_state(self, state: object) -> None:
        """Take the byte order from numpy's state of a type, in which it is the second entry."""
        if isinstance(state, tuple) and len(state) > 1 and state[1] in ("<", ">", "|", "="):
            self.order = state[1]

    def numpy(self) -> np.dtype:
        """Return numpy's type.

        Raises:
            ValueError: It is not a type of numbers.
        """
        if self.code not in _NUMBERS:
            raise ValueError(f"an array of type {self.code!r} does not hold plain numbers")
        return np.dtype(self.code).newbyteorder(self.order)  # type: ignore[arg-type]


@dataclass(eq=False)
class StoredArray:
    """A numpy array; :meth:`set_state` fills it.

    Attributes:
        dtype: A :class:`StoredDtype`, or what else the file names.
        shape: Its sides.
        content: Its bytes; a pickle of protocol 2 has them as a text.
        fortran: Whether the first side, not the last, changes fastest.
    """

    dtype: object = None
    shape: object = ()
    content: object = b""
    fortran: bool = False
    _loaded: Tensor | None = field(default=None, repr=False)

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        return len(self.content) if isinstance(self.content, str | bytes | bytearray) else 0

    def set_state(self, state: object) -> None:
        """Take numpy's state: version, shape, type, whether the order is Fortran's, bytes."""
        if isinstance(state, tuple) and len(state) == 5:
            _, self.shape, self.dtype, fortran, self.content = state
            self.fortran = bool(fortran)

    def load(self) -> Tensor:
        """Copy the array into a tensor; it is kept for further calls.

        Raises:
            ValueError: It does not hold plain numbers, or not as many as its shape says.
        """
        if self._loaded is None:
            self._loaded = self._copied()
        return self._loaded

    def _copied(self) -> Tensor:
        # Protocol 2 stores bytes as a text in latin-1.
        content = self.content.encode("latin-1") if isinstance(self.content, str) else self.content
        shape = _numbers(self.shape)
        if not isinstance(self.dtype, StoredDtype) or not isinstance(content, bytes | bytearray):
            raise ValueError("an array does not hold plain numbers")
        dtype = self.dtype.numpy()
        if len(content) != math.prod(shape) * dtype.itemsize:
            raise ValueError(f"an array of shape {shape} has {len(content):,} bytes")
        numbers = np.frombuffer(content, dtype).reshape(shape, order="F" if self.fortran else "C")
        # torch takes only the machine's byte order, and writable memory: hence the copy.
        return torch.from_numpy(numbers.astype(dtype.newbyteorder("="), order="C", copy=True))


def tensor_of(storage: object, offset: object, size: object, stride: object, *_: object) -> object:
    """Build a tensor in place of ``torch._utils._rebuild_tensor_v2``, with its arguments.

    Args:
        storage: The numbers.
        offset: Index of the first one.
        size: The tensor's shape.
        stride: Steps in the storage, per dimension.
        *_: Whether it needs gradients, and hooks: not needed.

    Raises:
        ValueError: The tensor goes beyond its storage, or has more numbers than the storage.
    """
    if not isinstance(storage, Storage):
        return Opaque("a tensor in a storage that is not read")
    size, stride = _numbers(size), _numbers(stride)
    (start,) = _numbers((offset,))
    # One behind the last number that the tensor reaches.
    end = start + sum((n - 1) * step for n, step in zip(size, stride, strict=True)) + 1
    empty = math.prod(size) == 0
    # With steps of 0, a few numbers could become a tensor that fills the memory.
    if not empty and (end > storage.numel or math.prod(size) > storage.numel):
        raise ValueError(f"a tensor of shape {size} is larger than its storage")
    return StoredTensor(storage, start, size, stride)


def _numbers(values: object) -> tuple[int, ...]:
    """Check that values are sizes, integers from 0.

    Raises:
        ValueError: They are not, or there are more than the 64 that torch allows.
    """
    entries = tuple(values) if isinstance(values, list | tuple) else (None,)
    if len(entries) > 64 or not all(type(entry) is int and entry >= 0 for entry in entries):
        raise ValueError("a tensor's sizes are not sizes")
    return entries  # type: ignore[return-value]


def _ordered_dict(items: object = (), *_: object) -> dict[str, object]:
    """Build a dict from pairs of key and value; what is not such a pair is dropped."""
    pairs = items if isinstance(items, list | tuple) else ()
    return str_keyed(p for p in pairs if isinstance(p, list | tuple) and len(p) == 2)


def _from_type(function: object, _type: object, arguments: object, *_: object) -> object:
    """Build a tensor that was stored with Python attributes, without the attributes."""
    if not isinstance(function, Name) or not isinstance(arguments, tuple):
        return Opaque("torch.Tensor")
    build = BUILDERS.get(str(function))
    # Not itself again, which a file could nest without end.
    return build(*arguments) if build and build is not _from_type else Opaque(str(function))


def _encoded(text: object, encoding: object = "latin1", *_: object) -> object:
    """Return bytes, which a pickle of protocol 2 stores as a text to be encoded."""
    return text.encode("latin-1") if isinstance(text, str) else Opaque("bytes")


def _dtype(code: object, *_: object) -> StoredDtype:
    return StoredDtype(str(code).lstrip("<>|=") if isinstance(code, str) else "", _order(code))


def _order(code: object) -> str:
    """Return the byte order in front of a type's code; without one, it is little-endian."""
    return code[0] if isinstance(code, str) and code[:1] in ("<", ">") else "<"


def _array_of_buffer(content: object, dtype: object, shape: object, order: object) -> StoredArray:
    return StoredArray(dtype, shape, content, order == "F")


BUILDERS: Mapping[str, Builder] = {
    "collections.OrderedDict": _ordered_dict,
    "collections.defaultdict": lambda *_: {},
    "builtins.dict": _ordered_dict,
    "_codecs.encode": _encoded,
    "torch._utils._rebuild_tensor": tensor_of,
    "torch._utils._rebuild_tensor_v2": tensor_of,
    "torch._utils._rebuild_parameter": lambda data, *_: data,
    "torch._utils._rebuild_parameter_with_state": lambda data, *_: data,
    "torch._tensor._rebuild_from_type_v2": _from_type,
    "numpy.dtype": _dtype,
    **{
        f"{package}.{function}": build
        for package in ("numpy.core", "numpy._core")
        for function, build in (
            ("multiarray._reconstruct", lambda *_: StoredArray()),
            ("numeric._frombuffer", _array_of_buffer),
        )
    },
}
"""By full name, what is called in place of the functions that build tensors, arrays and dicts."""
