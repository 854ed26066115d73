"""Lay runs beside the paper: one HTML file that needs no network.

    python tools/report.py work_dirs/quickstart --out report.html
    python tools/report.py work_dirs/iclip_swinb work_dirs/lvis_frcnn_2x --out report.html

Each RUN is the work dir of a run, or a folder with several below it. A run may be partial or old;
what it lacks is listed at the end. The page shows the pictures of a run's folder pictures/ and
the results of tools/test.py, tools/zeroshot.py, tools/retrieval.py and tools/probe.py, whatever
their names: write their --json F into the run's folder.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--out", type=Path, default=Path("report.html"), help="the HTML file")
    parser.add_argument("--json", type=Path, metavar="F", help="tables and words as JSON")
    parser.add_argument("--markdown", type=Path, metavar="F", help="the same as Markdown")


def run(args: argparse.Namespace) -> None:
    """Write the files that are asked for, and say where they are."""
    from iclip.files.atomic import write_atomically
    from iclip.report.page import build_report
    from iclip.report.render import to_html, to_json, to_markdown

    document = build_report(args.runs)
    forms = ((args.json, to_json), (args.markdown, to_markdown), (args.out, to_html))
    for file, form in forms:
        if file is not None:
            write_atomically(file, form(document))
            print(file.resolve())
