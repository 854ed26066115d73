"""Index what OpenMMLab's classes and functions name in their sources, without importing them.

A name is looked up as Python does: in its file, then through the file's imports. A string is looked
up among the registered names and those of ``mmcv.ops``.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("mmcv", "mmdet", "mmseg", "mmaction")
EXTENSION = "ext_module"  # as the files of mmcv.ops call it


@dataclass(frozen=True, eq=False)
class Definition:
    """A class, a function or an assigned name at the top of a source file.

    Attributes:
        file: The file that defines it.
        registered_names: Names under which a config finds a decorated class.
        names: Identifiers that it contains.
        strings: String constants that it contains.
        operators: Functions of mmcv's extension that it calls.
    """

    file: "SourceFile"
    registered_names: frozenset[str]
    names: frozenset[str]
    strings: frozenset[str]
    operators: frozenset[str]


class SourceFile:
    """One source file.

    Attributes:
        package: One of :data:`PACKAGES`.
        path: The file.
        imports: For each imported name, the top-level package that it is from and its name there.
        definitions: The classes, functions and assigned names at the top of the file.
    """

    def __init__(self, package: str, path: Path) -> None:
        self.package, self.path = package, path
        tree = ast.parse(path.read_text(encoding="utf-8"))
        self.imports: dict[str, tuple[str, str]] = {}
        self.definitions: dict[str, Definition] = {}
        for node in _statements(tree):
            defined = _defined_names(node)
            # The syntax tree is not kept: those of all files would fill a gigabyte.
            definition = self._definition(node) if defined or _has_imports(node) else None
            if definition is not None:
                self.definitions |= dict.fromkeys(defined, definition)

    def _definition(self, node: ast.stmt) -> Definition:
        """Collect what a statement names, and add its imports to the file's."""
        names, strings, operators = set(), set(), set()
        for part in ast.walk(node):
            match part:
                case ast.Name(id=name):
                    names.add(name)
                case ast.Constant(value=str(text)):
                    strings.add(text)
                case ast.Attribute(value=ast.Name(id=owner), attr=attr) if owner == EXTENSION:
                    operators.add(attr)
                case ast.Import() | ast.ImportFrom():
                    self.imports |= _imported(part, self.package)
        found = (_registered_names(node), names - {EXTENSION}, strings, operators)
        return Definition(self, *map(frozenset, found))


class SourceIndex:
    """The definitions of all installed packages of OpenMMLab.

    Args:
        roots: The folder of each installed package.
    """

    def __init__(self, roots: dict[str, Path]) -> None:
        self._defined: dict[tuple[str, str], list[Definition]] = {}
        self._registered: dict[tuple[str, str], list[Definition]] = {}
        for package, root in roots.items():
            for path in sorted(root.rglob("*.py")):
                # .mim holds the repository's configs and tools, which define no types.
                if ".mim" not in path.relative_to(root).parts:
                    self._add(SourceFile(package, path), of_ops=path.parent == root / "ops")

    def by_type(self, name: str, package: str) -> list[Definition]:
        """Find what a ``type`` in a config of a package stands for.

        Registered names come before names of classes, and the config's package before the others,
        which ``_scope_`` may name.
        """
        scope, _, last = name.rpartition(".")
        packages = dict.fromkeys([scope.split(".")[0] if scope else package, *PACKAGES])
        for known in (self._registered, self._defined):
            for candidate in packages:
                if (candidate, last) in known:
                    return known[candidate, last]
        return []

    def by_string(self, text: str, package: str) -> list[Definition]:
        """Find what a string in the code of a package stands for, if it is a registered name."""
        found = self._registered.get((package, text))
        return self._registered.get(("mmcv", text), []) if found is None else found

    def named_in(self, definition: Definition) -> Iterator[Definition]:
        """Find the definitions that a definition names."""
        file = definition.file
        for name in definition.names:
            if name in file.definitions:
                yield file.definitions[name]
            # A name can be both: often `except ImportError` assigns it in place of the import.
            yield from self._defined.get(file.imports.get(name, ("", "")), [])
        for name in definition.strings:
            yield from self.by_string(name, file.package)

    def _add(self, source: SourceFile, of_ops: bool) -> None:
        for name, definition in source.definitions.items():
            self._defined.setdefault((source.package, name), []).append(definition)
            own = {name} if of_ops else set()  # configs name RoI layers, which are not registered
            for registered in definition.registered_names | own:
                self._registered.setdefault((source.package, registered), []).append(definition)


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """List the statements of a module, including those below ``if`` and ``try``."""
    waiting: list[ast.stmt] = list(tree.body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.If | ast.Try):
            handlers = getattr(node, "handlers", [])
            waiting += [*node.body, *node.orelse, *(s for h in handlers for s in h.body)]
        else:
            yield node


def _defined_names(node: ast.stmt) -> list[str]:
    """List the names that a class, a function or an assignment defines."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


def _has_imports(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _imported(node: ast.Import | ast.ImportFrom, package: str) -> dict[str, tuple[str, str]]:
    """Map each name that an import binds to its top-level package and its name there."""
    if isinstance(node, ast.Import):
        tops = [(alias.asname, alias.name.split(".")[0]) for alias in node.names]
        return {name or top: (top, "") for name, top in tops}
    top = package if node.level else (node.module or "").split(".")[0]
    return {alias.asname or alias.name: (top, alias.name) for alias in node.names}


def _registered_names(node: ast.stmt) -> set[str]:
    """Read the names of ``@...register_module(...)``; without any, it is the class's own name."""
    found: set[str] = set()
    for decorator in getattr(node, "decorator_list", ()):
        if isinstance(decorator, ast.Call) and "register_module" in ast.dump(decorator.func):
            given = [*decorator.args, *(k.value for k in decorator.keywords if k.arg == "name")]
            parts = [part for value in given for part in ast.walk(value)]
            constants = {part.value for part in parts if isinstance(part, ast.Constant)}
            names = {value for value in constants if isinstance(value, str)}
            found |= names or {getattr(node, "name", "")}
    return found
