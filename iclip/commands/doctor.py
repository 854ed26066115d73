"""Find out what works on this machine, and name the command that mends what does not.

python tools/doctor.py
python tools/doctor.py --need detection video     # exits with 1 if one of them does not work
python tools/doctor.py --config configs/iclip_swinb.py --gpus 8     # and what its data loader needs
"""

import argparse
import contextlib
import json
import logging
import sys
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from iclip.commands.command_line import CommandFailed
from iclip.doctor import CAPABILITIES, run_all_checks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--need", nargs="+", default=[], choices=tuple(CAPABILITIES), help="what must work"
    )
    parser.add_argument(
        "--config", metavar="C", help="also check shared memory and open files for its data loader"
    )
    parser.add_argument(
        "--gpus", type=int, default=1, metavar="N", help="with --config: ranks on this machine"
    )


def run(args: argparse.Namespace) -> None:
    """Print what was found.

    Raises:
        CommandFailed: What is needed does not work.
    """
    if args.gpus < 1:
        raise ValueError(f"--gpus is {args.gpus}; it takes a number from 1 up")
    with quiet():
        # A mistake in the config is said before minutes of trials.
        loader = None if args.config is None else check_loader(args.config, args.gpus)
        found = run_all_checks() | ({} if loader is None else {"loader": loader})
    print(json.dumps(found, indent=1) if args.json else report(found))
    broken = [c["name"] for c in found["capabilities"] if not c["works"] and c["name"] in args.need]
    if broken:
        raise CommandFailed(f"needed and not working: {', '.join(broken)}")


def check_loader(config: str, ranks: int) -> dict[str, Any]:
    """Compare what the data loader of a config's training needs with what this machine has."""
    from iclip.engine.start.config_files import read_config
    from iclip.engine.start.loader_needs import RESOURCE_LIMIT, loader_needs, loader_shortages
    from iclip.settings import get_setting

    cfg = read_config(config)
    needs = loader_needs(cfg, ranks, ranks, "cuda")
    limit = get_setting(cfg, "env_cfg.resource_limit", RESOURCE_LIMIT)
    return {
        "config": config,
        "needs": None if needs is None else asdict(needs),
        "shortages": [] if needs is None else loader_shortages(needs, limit),
    }


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
    return "\n".join(lines + report_loader(found.get("loader")))


def report_loader(loader: dict[str, Any] | None) -> list[str]:
    """Say what a data loader needs and what this machine lacks of it."""
    if loader is None:
        return []
    lines = ["", f"Data loader of {loader['config']}"]
    needs = loader["needs"]
    if needs is None:
        return [*lines, "  no data workers, or images whose size is not known in advance"]
    lines.append(
        f"  shared memory         {needs['shared_bytes'] / 1e9:,.1f} GB: {needs['reckoning']}"
    )
    lines.append(f"  open files            {needs['open_files']:,} per rank")
    return lines + [f"  NO: {shortage}" for shortage in loader["shortages"]]


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
