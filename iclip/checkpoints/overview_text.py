"""Checkpoints on a terminal: one file, the files of a folder, what differs between two."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from iclip.checkpoints.comparison import TensorChanges
from iclip.checkpoints.overview import Overview
from iclip.messages import counted, listed_lines

# Tensors or lines of a config that a page lists, of each kind.
MAX_LISTED = 20
_LABEL = 10


def file_text(file: Overview) -> str:
    """Write what is known of one file."""
    lines = [file.path]
    for label, value in (
        ("whole", _whole(file)),
        ("size", f"{file.size:,} bytes, written {file.written}"),
        ("holds", _holds(file)),
        ("finite", _yes_or_no(file.finite)),
        ("iteration", _number(file.iteration)),
        ("epoch", _number(file.epoch)),
        ("losses", ", ".join(f"{name} {value:.6g}" for name, value in file.losses.items())),
        ("config", file.config),
        ("versions", _versions(file)),
    ):
        if value:
            lines.append(f"  {label:<{_LABEL}} {value}")
    return "\n".join(lines)


def folder_text(files: Sequence[Overview]) -> str:
    """Write a line for each file of a folder."""
    rows = [("file", "iteration", "loss", "finite", "whole", "size", "written (UTC)")]
    rows += [
        (
            Path(file.path).name,
            _number(file.iteration) or "-",
            f"{file.losses['loss']:.5g}" if "loss" in file.losses else "-",
            _yes_or_no(file.finite) or "-",
            _whole(file),
            f"{file.size / 1e6:,.1f} MB",
            file.written.removesuffix("+00:00").replace("T", " "),
        )
        for file in files
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def difference_text(
    first: Overview, second: Overview, settings: Sequence[str], changes: TensorChanges
) -> str:
    """Write what differs between two files.

    Args:
        first: The file before.
        second: The file after.
        settings: Lines of the configs that differ, ``-`` before those of the first.
        changes: What differs between their weights.
    """
    return "\n".join(
        [
            file_text(first),
            file_text(second),
            f"config: {counted(len(settings), 'other line')}",
            *listed_lines(settings, MAX_LISTED, indent=2),
            *_tensor_lines(changes),
        ]
    )


def _tensor_lines(changes: TensorChanges) -> Iterator[str]:
    yield (
        f"tensors: {len(changes.equal):,} equal, {len(changes.changed):,} changed, "
        f"{len(changes.reshaped):,} of another shape, {len(changes.missing):,} in the first only, "
        f"{len(changes.added):,} in the second only"
    )
    shapes = {name: f"{a} before, {b} after" for name, (a, b) in changes.reshaped.items()}
    for title, named in (
        ("in the first only", changes.missing),
        ("in the second only", changes.added),
        ("of another shape", shapes),
    ):
        if named:
            yield f"  {title}:"
            lines = [f"{name} {value}" for name, value in named.items()]
            yield from listed_lines(lines, MAX_LISTED, indent=4)
    if changes.changed:
        yield "  largest changes, relative to the largest magnitude before:"
        for name, change in islice(changes.changed.items(), MAX_LISTED):
            yield f"    {change:<10.3g} {name}"


def _whole(file: Overview) -> str:
    if file.damage is not None:
        return f"NO: {file.damage}"
    told = "yes" if file.has_checksums else "no checksums"
    return told if file.problem is None else f"{told}, but not readable: {file.problem}"


def _holds(file: Overview) -> str:
    if file.tensors is None or file.numbers is None:
        return ""
    return f"{counted(file.tensors, 'tensor')} with {counted(file.numbers, 'number')}"


def _versions(file: Overview) -> str:
    versions = (("iclip", file.iclip_version), ("torch", file.torch_version))
    return ", ".join(f"{name} {version}" for name, version in versions if version is not None)


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _yes_or_no(value: bool | None) -> str:
    return {None: "", True: "yes", False: "NO"}[value]
