"""What works on this machine, and the command that mends what does not.

python tools/doctor.py
python tools/doctor.py --need detection video     # exits with 1 if one of them does not work
"""

import argparse
import contextlib
import json
import sys
import warnings
from typing import Any

from iclip.doctor import CAPABILITIES, examine


def main() -> int:
    """Print what was found; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--need", nargs="+", default=[], choices=tuple(CAPABILITIES), help="what must work"
    )
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # the frameworks' deprecations are not the user's
    with contextlib.redirect_stdout(sys.stderr):  # nor is what they print when imported
        found = examine()
    print(json.dumps(found, indent=1) if args.json else report(found))
    broken = [c["name"] for c in found["capabilities"] if not c["works"] and c["name"] in args.need]
    if broken:
        print(f"doctor: needed and not working: {', '.join(broken)}", file=sys.stderr)
    return 1 if broken else 0


def report(found: dict[str, Any]) -> str:
    """The findings as text."""
    lines = ["Versions"]
    lines += [f"  {name:<24}{version or '-'}" for name, version in found["versions"].items()]
    lines += ["", f"mmcv's operators: {found['operators']}", "", "Fixes"]
    for fix in found["fixes"]:
        lines.append(f"  {fix['name']:<24}{'active' if fix['active'] else 'not needed'}")
        if fix["active"]:
            lines += [f"    {fix['reason']}", f"    {fix['thread']}"]
    lines += ["", "What works"]
    for finding in found["capabilities"]:
        state = "yes" if finding["works"] else "NO"
        lines.append(f"  {finding['name']:<14}{state:<5}{finding['detail']}")
        if not finding["works"]:
            lines.append(f"{'':<21}to mend it: {finding['remedy']}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
