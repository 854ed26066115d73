"""Arrays in checkpoints, checked before numpy builds them.

numpy believes what a pickle says of an array: with the kind "Python object", it follows addresses
that the file has chosen, and a damaged file ends the process. torch's reader calls numpy's
functions once they are allowed. So it gets what is here, under numpy's names: arrays of numbers.
"""

import math
import pickle
import re
from typing import Any, NoReturn

import numpy as np

# Truth values, whole numbers and fractions, as numpy writes them: f8, i4, b1.
_KIND = re.compile(r"[biuf]\d{1,2}")


class NumberKind:
    """What stands for ``numpy.dtype`` in a file: a kind of numbers.

    Args:
        code: numpy's code, such as ``f8``.

    Raises:
        pickle.UnpicklingError: It is another kind.
    """

    def __init__(self, code: Any, *_: Any) -> None:
        if not isinstance(code, str) or not _KIND.fullmatch(code):
            _refuse(f"the kind {code!r:.40}")
        self.dtype = np.dtype(code)

    def __setstate__(self, state: Any) -> None:
        """Take the byte order; what else a state can say is for other kinds."""
        if not isinstance(state, tuple) or state[2:] != (None, None, None, -1, -1, 0):
            _refuse("a kind of several fields")
        self.dtype = self.dtype.newbyteorder(state[1])


class NumberArray(np.ndarray):
    """What stands for ``numpy.ndarray`` in a file; it is pickled as one."""

    def __setstate__(self, state: Any) -> None:
        """Take shape, kind and content, if they fit each other.

        Raises:
            pickle.UnpicklingError: They do not.
        """
        match state:
            case (1, tuple() as shape, NumberKind(dtype=dtype), order, bytes() as content):
                sizes = all(type(size) is int and size >= 0 for size in shape)
                if sizes and math.prod(shape) * dtype.itemsize == len(content):
                    # numpy's stub asks for a numpy.bool, which numpy itself warns of.
                    state = (1, shape, dtype, bool(order), content)
                    return super().__setstate__(state)  # type: ignore[arg-type]
        _refuse("its content is not what it says")

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Return what numpy returns of its own arrays."""
        return np.asarray(self).__reduce_ex__(protocol)


def empty_array(kind: Any, shape: Any, _: Any) -> NumberArray:
    """Return what stands for ``numpy._core.multiarray._reconstruct`` of an array.

    Raises:
        pickle.UnpicklingError: It is asked for anything else.
    """
    if kind is not NumberArray or shape != (0,):
        _refuse(f"of the type {kind!r:.40}")
    return np.ndarray.__new__(NumberArray, (0,), "b")


def number(kind: Any, content: Any) -> np.generic:
    """Return what stands for ``numpy._core.multiarray.scalar``.

    Raises:
        pickle.UnpicklingError: Kind and content do not fit each other.
    """
    if (
        not isinstance(kind, NumberKind)
        or not isinstance(content, bytes)
        or len(content) != kind.dtype.itemsize
    ):
        _refuse("its content is not what it says")
    return np.frombuffer(content, kind.dtype)[0]


# By the names that numpy 1 and numpy 2 write.
CHECKED: list[tuple[Any, str]] = [
    (NumberArray, "numpy.ndarray"),
    (NumberKind, "numpy.dtype"),
    *((empty_array, f"numpy.{core}.multiarray._reconstruct") for core in ("core", "_core")),
    *((number, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")),
]


def _refuse(what: str) -> NoReturn:
    raise pickle.UnpicklingError(f"Unsupported array: {what}; arrays of numbers are read")
