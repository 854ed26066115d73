"""Lay runs beside the paper: one HTML file that needs no network.

    python tools/report.py work_dirs/quickstart --out report.html
    python tools/report.py work_dirs/iclip_swinb work_dirs/lvis_frcnn_2x --out report.html
    python tools/report.py work_dirs/quickstart --check

Each RUN is the work dir of a run, or a folder with several below it. A run may be partial or old;
what it lacks is listed at the end. The page shows the pictures of a run's folder pictures/ and
the results of tools/test.py, tools/zeroshot.py, tools/retrieval.py and tools/probe.py, whatever
their names: write their --json F into the run's folder.

--check compares the runs with the scores that their configs expect (the setting `expected`), and
prints a line per score. The exit code is 1 where a score is outside of its tolerance or missing, 2
where a config is at fault or none expects anything.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument(
        "--out", type=Path, help="the HTML file (report.html; with --check, none unless named)"
    )
    parser.add_argument(
        "--json", type=Path, metavar="F", help="all that is known of the runs, tables and words"
    )
    parser.add_argument("--markdown", type=Path, metavar="F", help="the page as Markdown")
    parser.add_argument(
        "--check", action="store_true", help="compare with what the runs' configs expect"
    )


def run(args: argparse.Namespace) -> None:
    """Write the files that are asked for, and say where they are; then check.

    Raises:
        CommandFailed: A score is not as expected.
        ValueError: A file of the report has another's place, or that of a run's result.
    """
    from iclip.commands.called_as import as_called
    from iclip.files.atomic import write_atomically
    from iclip.report.page import build_report
    from iclip.report.render import to_html, to_json, to_markdown

    page = args.out or (None if args.check else Path("report.html"))
    _refuse_taken({"--json": args.json, "--markdown": args.markdown, "--out": page})
    forms = ((args.json, to_json), (args.markdown, to_markdown), (page, to_html))
    if any(file is not None for file, _ in forms):
        document = build_report(args.runs)
        for file, form in forms:
            if file is not None:
                write_atomically(file, as_called(form(document), args.called_as))
                print(file.resolve())
    if args.check:
        _check(args.runs)


def _refuse_taken(places: Mapping[str, Path | None]) -> None:
    """Refuse two forms in one file, and a file that the report reads of a run."""
    from iclip.report.run_reader import wanted_kind

    owners: dict[Path, str] = {}
    for option, file in places.items():
        if file is None:
            continue
        if owners.setdefault(file.resolve(), option) != option:
            raise ValueError(
                f"{owners[file.resolve()]} and {option} are both {file}; name two files"
            )
        if wanted_kind(file.name) and file.exists():
            raise ValueError(f"{option} {file} is a result of a run; choose another name")


def _check(folders: list[Path]) -> None:
    """Print a line per expected score; fail where one is outside or missing."""
    from iclip.commands.command_line import CommandFailed
    from iclip.messages import counted, listing
    from iclip.report.expected_scores import WITHIN, compare_all
    from iclip.report.run_folders import find_runs

    runs = find_runs(folders)
    comparisons = compare_all(runs)
    if not comparisons:
        raise ValueError(
            f"no config of {counted(len(runs), 'run')} expects scores: nothing to compare. Write "
            'them into a config, such as expected = {"lvis/AP": dict(value=53.7, tolerance=9.3)}'
        )
    for comparison in comparisons:
        print(comparison)
    compared = {comparison.run for comparison in comparisons}
    others = [run.name for run in runs if run.name not in compared]
    if others:
        print(f"without expected scores: {listing(others)}")
    failed = [comparison for comparison in comparisons if comparison.verdict != WITHIN]
    told = f"{len(comparisons) - len(failed)} of {counted(len(comparisons), 'score')} as expected"
    if failed:
        raise CommandFailed(told)
    print(told)
