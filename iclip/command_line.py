"""What the command lines of tools/ share.

Nothing here imports mmengine or torch: the device has to be settled before they are.
"""

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from iclip.user_errors import is_for_the_user, readable

# As argparse's. A fault of the hub shows its traceback, and Python exits with 1.
EXIT_USER_ERROR = 2


def run_tool(
    run: Callable[[argparse.Namespace], None],
    make_parser: Callable[[], argparse.ArgumentParser],
    arguments: Sequence[str] | None,
) -> int:
    """Parse a command line and run it; returns the exit code.

    Args:
        run: The command.
        make_parser: Called once the device is settled, so it may import mmengine.
        arguments: Without the program's name; None: this process's.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    hide_gpus_if_asked(arguments)
    args = make_parser().parse_args(arguments)
    return report_user_errors(lambda: run(args), args.traceback)


def tool_parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """A parser for ``tools/<name>.py``, its module's docstring as help."""
    parser = argparse.ArgumentParser(
        prog=f"tools/{name}.py",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--traceback", action="store_true", help="show where an error came from")
    return parser


def add_embedding_options(parser: argparse.ArgumentParser) -> None:
    """Options of the tools that embed images with a model and keep the embeddings."""
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("--image-size", type=int, help="side in pixels (default: the model's)")
    parser.add_argument(
        "--resize", type=int, metavar="N",
        help="short side before the center is cut out (default: as in the model's validation)",
    )  # fmt: skip
    parser.add_argument(
        "--precision", choices=("fp32", "bf16", "fp16"),
        help="default: bf16 on a GPU that multiplies in it, else fp32",
    )  # fmt: skip
    parser.add_argument(
        "--batch-size", type=int, metavar="N",
        help="images at a time (default: 64 on a CPU; on a GPU up to 512, as its memory holds)",
    )  # fmt: skip
    parser.add_argument(
        "--workers", type=int, default=0, metavar="N",
        help="processes that decode; under torchrun, for each of its processes",
    )  # fmt: skip
    parser.add_argument("--cache", type=Path, default=Path("work_dirs/embeddings"), metavar="DIR")
    parser.add_argument("--json", type=Path, metavar="F", help="the result, for tools/report.py")
    parser.add_argument("--device", choices=("cuda", "cpu"), help="the GPU, if there is one")


def hide_gpus_if_asked(arguments: Sequence[str]) -> None:
    """With ``--device cpu``, hide the GPUs; mmengine picks the device when it is imported."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--device")
    if parser.parse_known_args(arguments)[0].device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""


def report_user_errors(command: Callable[[], None], show_traceback: bool) -> int:
    """Run a command; what its user can repair becomes a message. Returns the exit code.

    Raises:
        Exception: A fault that is not the user's, see :mod:`iclip.user_errors`.
    """
    try:
        command()
    except (ValueError, OSError) as error:
        if not is_for_the_user(error):
            raise
        if show_traceback or os.environ.get("ICLIP_TRACEBACK"):
            traceback.print_exc()
        rank = f"[rank {os.environ['RANK']}] " if os.environ.get("RANK", "0") != "0" else ""
        print(
            f"\n{rank}ERROR: {readable(error)}\n(--traceback shows where in the code)",
            file=sys.stderr,
        )
        return EXIT_USER_ERROR
    return 0
