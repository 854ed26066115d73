"""Files that are nearly right: what a reader takes, with a few changes."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

# Bytes at which readers' rules change: signs, sizes, ends of texts.
ODD_BYTES = (b"\x00", b"\xff", b"\x7f", b"\x80", b"\n", b"9", b"-", b"\xff\xff\xff\x7f", bytes(8),
             b"\xff" * 8, b"77777777777\0")  # fmt: skip
ODD_VALUES = (None, True, False, 0, -1, 2**31, 2**63, 10**400, 1.5, -0.0, float("nan"), float("inf"),
              "", " ", "0", "\x00", "\ud800", "é" * 10, [], [[]], {}, {"": {}}, [None], [0, 0, 0, 0])  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes], most: int = 6) -> bytes:
    """A file with some bytes changed, taken out, put in, repeated or cut off."""
    content = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, most))):
        place = draw(st.integers(0, len(content)))
        length = draw(st.sampled_from((1, 2, 4, 8, 64, 512, 1024)))
        kind = draw(st.sampled_from(("put", "insert", "delete", "repeat", "cut", "flip")))
        odd = draw(st.one_of(st.sampled_from(ODD_BYTES), st.binary(min_size=1, max_size=8)))
        if kind == "put":
            content[place : place + len(odd)] = odd
        elif kind == "insert":
            content[place:place] = odd
        elif kind == "delete":
            del content[place : place + length]
        elif kind == "repeat":
            content[place:place] = content[place : place + length]
        elif kind == "cut":
            del content[place:]
        elif place < len(content):
            content[place] ^= 1 << draw(st.integers(0, 7))
    return bytes(content)


@st.composite
def mutated_json(draw: st.DrawFn, seeds: Sequence[Any], most: int = 4) -> bytes:
    """A JSON file of which some values are replaced, taken out or repeated."""
    content = json.loads(json.dumps(draw(st.sampled_from(seeds))))
    for _ in range(draw(st.integers(0, most))):
        content = _changed(content, draw)
    return json.dumps(content).encode()


def _changed(value: Any, draw: Callable[[Any], Any]) -> Any:
    """Change a value, or one in it."""
    if not isinstance(value, dict | list) or not value or draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(ODD_VALUES))
    keys = sorted(value) if isinstance(value, dict) else range(len(value))
    key = draw(st.sampled_from(keys))
    kind = draw(st.sampled_from(("inside", "inside", "inside", "delete", "repeat")))
    if kind == "inside":
        value[key] = _changed(value[key], draw)
    elif kind == "delete":
        del value[key]
    elif isinstance(value, list):
        value.append(value[key])
    else:
        value[f"{key}2"] = value[key]
    return value
