"""Read which types a framework's shipped configs name, without running the configs."""

import ast
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path


@dataclass
class ConfigTypes:
    """What a config and its bases name.

    Attributes:
        types: Values of ``type``, as strings.
        modules: Modules that ``custom_imports`` imports.
        missing_bases: Bases that are not files here.
    """

    types: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    missing_bases: set[str] = field(default_factory=set)


def shipped_configs(root: Path) -> list[Path]:
    """List the configs in a framework's folder that can be run, without those below ``_base_``."""
    # OpenMMLab's wheels keep the configs of the repository in .mim.
    files = sorted((root / ".mim" / "configs").rglob("*.py"))
    return [path for path in files if "_base_" not in path.parts]


@cache
def config_types(path: Path) -> ConfigTypes:
    """Read what a config and its bases name.

    Raises:
        ValueError: A base is not given by a string.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = ConfigTypes()
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg="type", value=ast.Constant(value=str(name))):
                found.types.add(name)
            case ast.Dict():
                found.types |= _types_of_literal(node)
            case ast.Assign(targets=[ast.Name(id="custom_imports")]):
                found.modules |= {text for text in _strings(node) if text != "imports"}
            case ast.Assign(targets=[ast.Name(id="_base_")]):
                _add_bases(found, path, node.value)
    return found


def _add_bases(found: ConfigTypes, path: Path, value: ast.expr) -> None:
    """Add what the bases name, or the bases themselves where they are not files here."""
    listed = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
    for base in (_text(node, path) for node in listed):
        file = (path.parent / base).resolve()
        if file.is_file():
            parent = config_types(file)
            found.types |= parent.types
            found.modules |= parent.modules
            found.missing_bases |= parent.missing_bases
        else:
            found.missing_bases.add(base)


def _types_of_literal(node: ast.Dict) -> set[str]:
    """Read the type of a dict that is written ``{"type": ...}``."""
    pairs = zip(node.keys, node.values, strict=True)
    return {
        value.value
        for key, value in pairs
        if isinstance(key, ast.Constant) and key.value == "type"
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
    }


def _text(node: ast.expr, path: Path) -> str:
    """Evaluate a string constant or a sum of string constants."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.BinOp(op=ast.Add()):
            return _text(node.left, path) + _text(node.right, path)
    raise ValueError(
        f"{path}: a base config is given by {ast.unparse(node)}, which is not a string; write the "
        "base's path there"
    )


def _strings(node: ast.AST) -> set[str]:
    """Collect the string constants of a statement."""
    parts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
    return {part for part in parts if isinstance(part, str)}
