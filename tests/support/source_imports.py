"""What a source file imports, read from its syntax tree without running it."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]


def python_files(*folders: str) -> list[Path]:
    """List all Python files below the given folders of the checkout, in a stable order."""
    return sorted(path for folder in folders for path in (REPO / folder).rglob("*.py"))


def module_name(path: Path) -> str:
    """Return the dotted name that a file of the checkout has when it is imported."""
    parts = path.relative_to(REPO).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def imported_modules(path: Path) -> frozenset[str]:
    """Return the dotted names of everything that a file imports, at its top or inside functions.

    `from a import b` counts as `a.b`, because b may be a module; relative imports are resolved.
    Each file is parsed once: many rules are about the imports of all of them.
    """
    return frozenset(_imports(ast.parse(path.read_text(encoding="utf-8")), _package_of(path)))


def imported_at_once(path: Path) -> set[str]:
    """Return the dotted names of what a file imports at its top, hence when it is imported."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    return set(_imports(ast.Module(top, []), _package_of(path)))


def attributes(path: Path) -> set[str]:
    """Return the dotted names that a file's code looks up, such as `torch.distributed.barrier`.

    Only the longest ones: `torch.cuda` is not listed for `torch.cuda.device_count`.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    inner = {id(node.value) for node in nodes}
    return {ast.unparse(node) for node in nodes if id(node) not in inner}


def _package_of(path: Path) -> list[str]:
    parts = module_name(path).split(".")
    return parts if path.name == "__init__.py" else parts[:-1]


def _imports(tree: ast.Module, package: list[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def is_below(module: str, parent: str) -> bool:
    """Whether `module` is `parent` or lies inside it."""
    return module == parent or module.startswith(parent + ".")
