"""Read pickles without importing or calling anything that they name.

A pickle is a program: Python's reader imports the functions and classes that it names, and calls
them. Here, the same instructions build plain values only. A name is never looked up: if a table has
one of the hub's own functions for it, that one is called, and otherwise the result is an
:class:`Opaque`, which has no behavior. So no list of dangerous names has to be complete.
"""

import pickletools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

# Ten times as many as a checkpoint of 10,000 tensors with its optimizer's state has.
MAX_INSTRUCTIONS = 20_000_000

# Modules that no checkpoint needs, but that a file made to run code names. Nothing would be called
# in any case: such a file is refused because it is not what it claims to be.
_FORBIDDEN = re.compile(
    "os|posix|nt|posixpath|ntpath|sys|subprocess|runpy|socket|shutil|importlib|pty|ctypes|imp|"
    # Protocols before 3 call a part of subprocess by its name of Python 2, commands.
    "webbrowser|pickle|marshal|timeit|pdb|bdb|pip|commands"
)
_BUILTINS = ("builtins", "__builtin__")
_HARMLESS_BUILTINS = re.compile(
    "set|frozenset|dict|list|tuple|int|float|str|bytes|bytearray|complex|bool|slice|range|object|"
    "xrange|long|unicode|getattr"
)


class ForbiddenName(ValueError):
    """A pickle names a function that runs code and does not belong in a checkpoint."""


@dataclass(frozen=True, eq=False, slots=True)
class Name:
    """A function or class as a pickle names it; never looked up."""

    module: str
    attribute: str

    def __str__(self) -> str:
        return f"{self.module}.{self.attribute}"


@dataclass(frozen=True, eq=False, slots=True)
class Opaque:
    """An object that is not read.

    Attributes:
        kind: The name of its class in the pickle.
    """

    kind: str


class _Mark:
    """Lies on the stack where a sequence of items begins; the class itself is the mark."""


Builder = Callable[..., object]


class InertPickle:
    """A reader of pickles.

    Args:
        builders: By the full name of a function or class, the function that is called in its place,
            with the same arguments. Its result may have a method ``set_state``, which gets the
            object's pickled state.
        find_persistent: Returns the object of a persistent id, by which torch names storages.
    """

    # A method below does what the instruction of its name does in :mod:`pickletools`. Its argument
    # is the instruction's own; most take their arguments from the stack instead.

    def __init__(
        self,
        builders: Mapping[str, Builder],
        find_persistent: Callable[[object], object] = lambda key: Opaque("persistent id"),
    ) -> None:
        self._builders = builders
        self._find_persistent = find_persistent
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}  # objects that later instructions name by number

    def read(self, file: Any) -> object:
        """Read the next pickle of a file.

        Args:
            file: A binary file. However many bytes are asked of its ``read``, it must allocate no
                more than the file has, as ``BytesIO`` and ``mmap`` do.

        Raises:
            ForbiddenName: It names a function that runs code.
            ValueError: It is damaged, or longer than any checkpoint's.
        """
        self._stack, self._memo = [], {}
        argument: Any
        for count, (instruction, argument, _) in enumerate(pickletools.genops(file)):
            if count > MAX_INSTRUCTIONS:
                raise ValueError(f"it has more than {MAX_INSTRUCTIONS:,} instructions")
            name = instruction.name
            if name == "STOP":
                return self._stack.pop()
            if _LITERALS.fullmatch(name):
                self._stack.append(argument)
            elif name in _CONSTANTS:
                self._stack.append(_CONSTANTS[name]())
            elif name in _PUTS:
                self._memo[len(self._memo) if argument is None else argument] = self._stack[-1]
            elif name in _GETS:
                self._stack.append(self._memo[argument])
            elif name not in _IGNORED:
                getattr(self, f"_{name.lower()}")(argument)
        raise AssertionError("pickletools ends at STOP or raises")

    def _items(self) -> list[Any]:
        """Remove the last mark from the stack, and return what was above it."""
        place = len(self._stack) - 1
        while self._stack[place] is not _Mark:
            place -= 1
            if place < 0:
                raise ValueError("a mark is missing")
        items = self._stack[place + 1 :]
        del self._stack[place:]
        return items

    def _pop(self, _: object) -> None:
        self._stack.pop()

    def _pop_mark(self, _: object) -> None:
        self._items()

    def _dup(self, _: object) -> None:
        self._stack.append(self._stack[-1])

    def _list(self, _: object) -> None:
        self._stack.append(self._items())

    def _tuple(self, _: object) -> None:
        self._stack.append(tuple(self._items()))

    def _tuple1(self, _: object) -> None:
        self._stack[-1:] = [(self._stack[-1],)]

    def _tuple2(self, _: object) -> None:
        self._stack[-2:] = [tuple(self._stack[-2:])]

    def _tuple3(self, _: object) -> None:
        self._stack[-3:] = [tuple(self._stack[-3:])]

    def _dict(self, _: object) -> None:
        items = self._items()
        self._stack.append(str_keyed(zip(items[::2], items[1::2], strict=True)))

    def _frozenset(self, _: object) -> None:
        self._items()  # sets are not read: weights have none
        self._stack.append(Opaque("builtins.frozenset"))

    def _append(self, _: object) -> None:
        self._extend([self._stack.pop()])

    def _appends(self, _: object) -> None:
        self._extend(self._items())

    def _extend(self, items: list[Any]) -> None:
        """Add items to the list on the stack; an opaque object takes none."""
        if isinstance(self._stack[-1], list):
            self._stack[-1].extend(items)

    def _additems(self, _: object) -> None:
        self._items()

    def _setitem(self, _: object) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._update([key, value])

    def _setitems(self, _: object) -> None:
        self._update(self._items())

    def _update(self, items: list[Any]) -> None:
        """Set keys and values, which alternate, in the dict on the stack."""
        if isinstance(self._stack[-1], dict):
            self._stack[-1].update(str_keyed(zip(items[::2], items[1::2], strict=True)))

    def _global(self, argument: str) -> None:
        module, _, attribute = argument.partition(" ")
        self._stack.append(_checked(Name(module, attribute)))

    def _stack_global(self, _: object) -> None:
        attribute, module = self._stack.pop(), self._stack.pop()
        if not isinstance(module, str) or not isinstance(attribute, str):
            raise ValueError("a name is not text")
        self._stack.append(_checked(Name(module, attribute)))

    def _inst(self, argument: str) -> None:
        module, _, attribute = argument.partition(" ")
        self._stack.append(self._built(_checked(Name(module, attribute)), tuple(self._items())))

    def _obj(self, _: object) -> None:
        owner, *arguments = self._items()
        self._stack.append(self._built(owner, tuple(arguments)))

    def _reduce(self, _: object) -> None:
        arguments, function = self._stack.pop(), self._stack.pop()
        self._stack.append(self._built(function, arguments))

    def _newobj(self, _: object) -> None:
        self._reduce(None)

    def _newobj_ex(self, _: object) -> None:
        self._stack.pop()  # keyword arguments, which no builder has
        self._reduce(None)

    def _built(self, function: object, arguments: object) -> object:
        """Call the builder of a function's name, or return an opaque object."""
        build = self._builders.get(str(function)) if isinstance(function, Name) else None
        if build is None or not isinstance(arguments, tuple):
            return Opaque(str(function) if isinstance(function, Name) else "unknown")
        return build(*arguments)

    def _build(self, _: object) -> None:
        state = self._stack.pop()
        set_state = getattr(self._stack[-1], "set_state", None)
        if set_state is not None:
            set_state(state)

    def _persid(self, argument: str) -> None:
        self._stack.append(self._find_persistent(argument))

    def _binpersid(self, _: object) -> None:
        self._stack.append(self._find_persistent(self._stack.pop()))


def str_keyed(pairs: Any) -> dict[str, Any]:
    """Keep the items whose key is a text.

    Other keys are dropped unhashed: to hash nested tuples, as a hostile file may hold, can take
    forever.
    """
    return {key: value for key, value in pairs if isinstance(key, str)}


def _checked(name: Name) -> Name:
    """Return the name, or raise ForbiddenName if it is of a function that runs code."""
    root = name.module.partition(".")[0]
    builtin = name.module in _BUILTINS and not _HARMLESS_BUILTINS.fullmatch(name.attribute)
    if builtin or _FORBIDDEN.fullmatch(root):
        raise ForbiddenName(str(name))
    return name


# The instructions of all protocols that :meth:`InertPickle.read` carries out itself.
_LITERALS = re.compile(
    "INT|BININT|BININT1|BININT2|LONG|LONG1|LONG4|STRING|BINSTRING|SHORT_BINSTRING|BINBYTES|"
    "SHORT_BINBYTES|BINBYTES8|BYTEARRAY8|UNICODE|SHORT_BINUNICODE|BINUNICODE|BINUNICODE8|FLOAT|"
    "BINFLOAT"
)
_CONSTANTS: Mapping[str, Callable[[], object]] = {
    "NONE": lambda: None, "NEWTRUE": lambda: True, "NEWFALSE": lambda: False,
    "EMPTY_LIST": list, "EMPTY_TUPLE": tuple, "EMPTY_DICT": dict, "MARK": lambda: _Mark,
    "EMPTY_SET": lambda: Opaque("builtins.set"), "NEXT_BUFFER": lambda: Opaque("buffer"),
    **dict.fromkeys(("EXT1", "EXT2", "EXT4"), lambda: Opaque("extension")),
}  # fmt: skip
_PUTS = frozenset(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"))
_GETS = frozenset(("GET", "BINGET", "LONG_BINGET"))
_IGNORED = frozenset(("PROTO", "FRAME", "READONLY_BUFFER"))
