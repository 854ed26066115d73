"""Find the configs of mmdet, mmseg and mmaction that need what is not installed here.

A config and its bases name types; a type's source names classes and functions, which name others;
some of these call functions of mmcv's extension. Each step takes too much rather than too little:
a type counts even where a child config replaces it, and an operator even where only another
setting would call it.
"""

import importlib.util
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from iclip.openmmlab.audit.config_types import ConfigTypes, config_types, shipped_configs
from iclip.openmmlab.audit.source_index import PACKAGES, Definition, SourceIndex

FRAMEWORKS = tuple(package for package in PACKAGES if package != "mmcv")


@dataclass(frozen=True)
class FrameworkAudit:
    """What the configs of one framework need.

    Attributes:
        framework: The framework's module.
        configs: Number of configs.
        operators: Functions of mmcv's extension, each with the number of configs that reach it.
        lacking: What is not here, each with the configs that need it, as paths below the
            framework's folder.
    """

    framework: str
    configs: int
    operators: dict[str, int]
    lacking: dict[str, tuple[str, ...]]

    @property
    def complete(self) -> int:
        """Number of configs that lack nothing."""
        return self.configs - len({path for paths in self.lacking.values() for path in paths})


class Reach:
    """Follows names through the sources to what a type reaches.

    Args:
        index: Index of all installed packages.
    """

    def __init__(self, index: SourceIndex) -> None:
        self._index = index
        self._named: dict[Definition, list[Definition]] = {}

    def definitions(self, types: Iterable[str], package: str) -> set[Definition]:
        """Find the classes and functions that the types of a config of this package reach."""
        waiting = [d for name in types for d in self._index.by_type(name, package)]
        seen: set[Definition] = set()
        while waiting:
            definition = waiting.pop()
            if definition not in seen:
                seen.add(definition)
                # Most configs reach the same definitions, so what each names is kept.
                if definition not in self._named:
                    self._named[definition] = list(self._index.named_in(definition))
                waiting += self._named[definition]
        return seen

    def operators(self, types: Iterable[str], package: str) -> set[str]:
        """Find the functions of mmcv's extension that the types reach."""
        return {name for d in self.definitions(types, package) for name in d.operators}


def package_roots() -> dict[str, Path]:
    """Find the folders of OpenMMLab's installed packages without importing them."""
    specs = {package: importlib.util.find_spec(package) for package in PACKAGES}
    return {
        package: Path(spec.origin).parent
        for package, spec in specs.items()
        if spec is not None and spec.origin is not None
    }


def audit(
    roots: dict[str, Path], supplied: Collection[str] | None, left_out: Collection[str] = ()
) -> list[FrameworkAudit]:
    """Examine the configs of all frameworks.

    Args:
        roots: See :func:`package_roots`.
        supplied: Functions of mmcv's extension that exist here; None: the extension is compiled.
        left_out: Types that cannot be used here, and modules whose types cannot be used.
    """
    reach = Reach(SourceIndex(roots))
    return [
        _audit(framework, roots, reach, supplied, left_out)
        for framework in FRAMEWORKS
        if framework in roots
    ]


def _audit(
    framework: str,
    roots: dict[str, Path],
    reach: Reach,
    supplied: Collection[str] | None,
    left_out: Collection[str],
) -> FrameworkAudit:
    """Examine the configs of one framework."""
    counts: Counter[str] = Counter()
    lacking: dict[str, list[str]] = {}
    configs = shipped_configs(roots[framework])
    for path in configs:
        named = config_types(path)
        reached = reach.definitions(named.types, framework)
        operators = {name for definition in reached for name in definition.operators}
        counts.update(operators)
        missing = {name for name in operators if supplied is not None and name not in supplied}
        lacks = {f"mmcv's operator {name}" for name in missing}
        lacks |= _absent_packages(named) | _left_out(named, reached, roots, left_out)
        for what in sorted(lacks):
            lacking.setdefault(what, []).append(path.relative_to(roots[framework]).as_posix())
    by_lack = {what: tuple(paths) for what, paths in lacking.items()}
    return FrameworkAudit(framework, len(configs), dict(counts), by_lack)


def _absent_packages(named: ConfigTypes) -> set[str]:
    """Name the packages of a config's types, imports and bases that are not installed."""
    scopes = {name.split(".")[0] for name in named.types | named.modules if "." in name}
    scopes |= {base.split("::")[0] for base in named.missing_bases if "::" in base}
    absent = {f"the package {scope}" for scope in scopes if importlib.util.find_spec(scope) is None}
    unshipped = any("::" not in base for base in named.missing_bases)
    return absent | ({"a base config that is not shipped"} if unshipped else set())


def _left_out(
    named: ConfigTypes,
    reached: set[Definition],
    roots: dict[str, Path],
    left_out: Collection[str],
) -> set[str]:
    """Name the types and modules that a config needs and that cannot be used here."""
    modules = {_module(definition, roots) for definition in reached}
    return {
        f"{what}, which is left out here"
        for what in left_out
        if what in named.types or any(f"{module}.".startswith(f"{what}.") for module in modules)
    }


def _module(definition: Definition, roots: dict[str, Path]) -> str:
    """Return the dotted name of the module that holds a definition."""
    file = definition.file
    parts = file.path.relative_to(roots[file.package]).with_suffix("").parts
    return ".".join((file.package, *parts))
