"""What the command lines of tools/ share.

Nothing here imports mmengine or torch: the device has to be settled before they are.
"""

import argparse
import os
import re
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# What a user can cause and repair; anything else is a defect and shows its traceback.
USER_ERRORS = (ValueError, OSError, SyntaxError)
EXIT_USER_ERROR = 2


def hide_gpus_if_asked(arguments: Sequence[str]) -> None:
    """With ``--device cpu``, hide the GPUs; mmengine picks the device when it is imported."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--device")
    if parser.parse_known_args(arguments)[0].device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""


def report_user_errors(command: Callable[[], None], show_traceback: bool) -> int:
    """Run a command; what its user can repair becomes a message. Returns the exit code."""
    try:
        command()
    except USER_ERRORS as error:
        if show_traceback or os.environ.get("ICLIP_TRACEBACK"):
            traceback.print_exc()
        rank = f"[rank {os.environ['RANK']}] " if os.environ.get("RANK", "0") != "0" else ""
        print(
            f"\n{rank}ERROR: {readable(error)}\n(--traceback shows where in the code)",
            file=sys.stderr,
        )
        return EXIT_USER_ERROR
    return 0


def readable(error: BaseException) -> str:
    """The message of an error, without the number of an OSError or a data worker's traceback."""
    message = str(error)
    if type(error) is OSError and error.strerror:
        message = error.strerror
    if "Original Traceback" in message:
        message = re.split(r"^[\w.]*(?:Error|Exception): ", message, flags=re.MULTILINE)[-1]
    return message.strip()


def has_setting(cfg: Mapping[str, Any], key: str) -> bool:
    """Whether a config has a dotted key; an index reaches into a list."""
    node: Any = cfg
    for part in key.split("."):
        try:
            node = node[int(part)] if isinstance(node, list | tuple) else node[part]
        except (KeyError, IndexError, ValueError, TypeError):
            return False
    return True
