"""The values of a config that a run has dumped, read without running it."""

import ast
from pathlib import Path
from typing import Any


def read_config_dump(path: Path) -> dict[str, Any]:
    """Read what mmengine writes into a work dir, see :func:`parse_config_dump`.

    Raises:
        OSError: The file cannot be read.
        ValueError: The file is not Python.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not a dumped config: {error}") from error
    return parse_config_dump(text, str(path))


def parse_config_dump(text: str, place: str) -> dict[str, Any]:
    """Read the assignments of literals, of ``dict(...)`` and ``dict({...})`` in a dumped config.

    Any other value is returned as its source text.

    Args:
        text: What mmengine's ``Config.pretty_text`` holds.
        place: Where it was read, for the message.

    Raises:
        ValueError: The text is not Python.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = str(error) or "nested too deeply"
        raise ValueError(f"{place} is not a dumped config: {reason}") from error
    return {
        node.targets[0].id: _value(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.Dict():
            pairs = zip(node.keys, node.values, strict=True)
            return {_value(key): _value(value) for key, value in pairs if key is not None}
        case ast.List():
            return [_value(item) for item in node.elts]
        case ast.Tuple():
            return tuple(_value(item) for item in node.elts)
        case ast.Call(func=ast.Name(id="dict"), args=[]):
            return {word.arg: _value(word.value) for word in node.keywords}
        # mmengine's form where a key is not a name, such as lvis/AP.
        case ast.Call(func=ast.Name(id="dict"), args=[ast.Dict() as only], keywords=[]):
            return _value(only)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -number
        case _:
            return ast.unparse(node)
