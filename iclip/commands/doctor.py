"""Find out what works on this machine, and name the command that mends what does not.

python tools/doctor.py
python tools/doctor.py --need detection video     # exits with 1 if one of them does not work
"""

import argparse
import contextlib
import json
import logging
import sys
import textwrap
import warnings
from collections.abc import Iterator
from typing import Any

from iclip.commands.command_line import CommandFailed
from iclip.doctor import CAPABILITIES, run_all_checks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--need", nargs="+", default=[], choices=tuple(CAPABILITIES), help="what must work"
    )


def run(args: argparse.Namespace) -> None:
    """Print what was found.

    Raises:
        CommandFailed: What is needed does not work.
    """
    with quiet():
        found = run_all_checks()
    print(json.dumps(found, indent=1) if args.json else report(found))
    broken = [c["name"] for c in found["capabilities"] if not c["works"] and c["name"] in args.need]
    if broken:
        raise CommandFailed(f"needed and not working: {', '.join(broken)}")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Hide what the frameworks write for their developers.

    Those are warnings of deprecations, how each parameter was initialized, and what is printed at
    import.
    """
    with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)


def report(found: dict[str, Any]) -> str:
    """Lay out what was found as text."""
    lines = ["Versions"]
    lines += [f"  {name:<24}{version or '-'}" for name, version in found["versions"].items()]
    lines += ["", f"mmcv's operators: {found['operators']}", "", "Fixes"]
    for fix in found["fixes"]:
        lines.append(f"  {fix['name']:<24}{'active' if fix['active'] else 'not needed'}")
        if fix["active"]:
            lines += [f"    {fix['reason']}", f"    {fix['thread']}"]
    lines += ["", "Models (of the configs that the frameworks ship)"]
    lines += [line for models in found["models"] for line in report_models(models)]
    lines += ["", "What works"]
    for tried in found["capabilities"]:
        state = "yes" if tried["works"] else "NO"
        lines.append(f"  {tried['name']:<14}{state:<5}{tried['detail']}")
        if not tried["works"]:
            lines.append(f"{'':<21}to mend it: {tried['remedy']}")
    return "\n".join(lines)


def report_models(models: dict[str, Any]) -> list[str]:
    """Say what the configs of one framework need and lack."""
    lines = [
        f"  {models['framework']:<24}{models['complete']} of {models['configs']} lack no operator "
        "and no class"
    ]
    for what, paths in models["lacking"].items():
        lines.append(f"    {len(paths)} need {what}, such as {paths[0].split('configs/')[-1]}")
    # To the user, an operator's forward and backward pass are one operator.
    families = {name.split("_forward")[0]: count for name, count in models["operators"].items()
                if "_backward" not in name}  # fmt: skip
    counts = ", ".join(f"{name} {count}" for name, count in sorted(families.items()))
    indent = " " * 4
    lines += textwrap.wrap(
        f"mmcv's operators that they reach: {counts or 'none'}", 100,
        initial_indent=indent, subsequent_indent=indent * 2,
    )  # fmt: skip
    return lines
