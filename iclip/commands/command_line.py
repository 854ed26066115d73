"""How a command is parsed and run, and what its exit code says.

Nothing here imports mmengine or torch, nor does a module of a command at its top: ``--device cpu``
has to hide the GPUs before they are imported.
"""

import argparse
import os
import select
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Protocol

from iclip.commands.called_as import speaking_as_called
from iclip.messages import printable_lines
from iclip.ranks.lost import RankLost, explain_lost_ranks
from iclip.ranks.this_rank import this_rank
from iclip.ranks.watch import end_watch
from iclip.stop_signals import RunStopped, exit_code, listening
from iclip.user_errors import is_for_the_user, readable

# A command that failed, or a fault of the hub: Python exits with 1 after a traceback.
EXIT_FAILURE = 1
# A mistake of the user; argparse exits with it, too.
EXIT_USER_ERROR = 2
# What a shell reports of a program that Ctrl-C has ended: 128 + SIGINT.
EXIT_INTERRUPTED = 130
# The same of one whose reader has gone, as in `iclip configs | head`: 128 + SIGPIPE.
EXIT_NO_READER = 141


class Command(Protocol):
    """A module of :mod:`iclip.commands`.

    One with ``STOPS_ON_NOTICE = True`` ends by a signal such that it can go on, with exit code 75
    (:mod:`iclip.stop_signals`).
    """

    __name__: str
    __doc__: str | None

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the options; mmengine may be imported here, since the device is settled."""

    def run(self, args: argparse.Namespace) -> None:
        """Do the work."""


class CommandFailed(Exception):
    """What a command set out to do has failed, by no mistake in its options: exit code 1."""


def main(
    command: Command, arguments: Sequence[str] | None = None, called_as: str | None = None
) -> int:
    """Parse a command line and run it; returns the exit code.

    Args:
        command: The command's module.
        arguments: The arguments without the program's name; None for those of this process.
        called_as: What the user has typed before them; None for the command's script in tools/.
    """
    stops = getattr(command, "STOPS_ON_NOTICE", False)
    with speaking_as_called(called_as):
        try:
            with listening() if stops else nullcontext():
                args = parse(command, sys.argv[1:] if arguments is None else arguments, called_as)
                return report_errors(lambda: command.run(args), name_of(command), args.traceback)
        except RunStopped as stop:
            # An agreed stop is in the log already.
            if this_rank().is_first and not stop.agreed:
                print(f"{name_of(command)}: {stop}", file=sys.stderr)
            return exit_code(stop)


def parse(
    command: Command, arguments: Sequence[str], called_as: str | None = None
) -> argparse.Namespace:
    """Parse a command's arguments.

    With ``--device cpu``, the GPUs are hidden from this process.

    Args:
        command: The command's module.
        arguments: Its arguments.
        called_as: As for :func:`main`.

    Returns:
        The options; also ``command``, the command's name, ``arguments`` as given, and
        ``called_as``.
    """
    hide_gpus_if_asked(arguments)
    parser = argparse.ArgumentParser(
        prog=called_as or f"tools/{name_of(command)}.py",
        description=command.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_arguments(parser)
    parser.add_argument("--traceback", action="store_true", help="show where an error came from")
    parser.set_defaults(arguments=[*arguments], command=name_of(command), called_as=called_as)
    return parser.parse_args(arguments)


def name_of(command: Command) -> str:
    """Return the name that a user calls a command by."""
    return command.__name__.rpartition(".")[2]


def hide_gpus_if_asked(arguments: Sequence[str]) -> None:
    """With ``--device cpu``, hide the GPUs; mmengine picks the device when it is imported."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--device")
    if parser.parse_known_args(arguments)[0].device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""


def report_errors(run: Callable[[], None], name: str, show_traceback: bool) -> int:
    """Run a command; an error that is not a fault of the hub becomes a message.

    Args:
        run: The command with its arguments.
        name: The command's name.
        show_traceback: Print the traceback as well.

    Returns:
        The exit code.

    Raises:
        Exception: A fault of the hub, see :mod:`iclip.user_errors`.
    """
    try:
        with explain_lost_ranks():
            run()
        sys.stdout.flush()
    except BrokenPipeError:
        if not _reader_has_gone():
            raise
        return EXIT_NO_READER
    except (CommandFailed, RankLost, KeyboardInterrupt, ValueError, OSError) as error:
        outcome = _outcome(error, name)
        if outcome is None:
            raise
        if show_traceback or os.environ.get("ICLIP_TRACEBACK"):
            traceback.print_exc()
        code, message = outcome
        print(printable_lines(message), file=sys.stderr)
        return code
    finally:
        end_watch()
    return 0


def _reader_has_gone() -> bool:
    """Whether nobody reads the output any more; if so, the rest of it is thrown away."""
    poll = select.poll()
    poll.register(sys.stdout, 0)
    gone = any(event & select.POLLERR for _, event in poll.poll(0))
    if gone:  # otherwise Python tries again when it ends, and says so
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return gone


def _outcome(error: BaseException, name: str) -> tuple[int, str] | None:
    """Return the exit code and the message of an error; None for a fault of the hub."""
    if isinstance(error, CommandFailed | RankLost):
        return EXIT_FAILURE, f"{name}: {error}"
    if isinstance(error, KeyboardInterrupt):
        return EXIT_INTERRUPTED, f"\n{name}: {str(error) or 'interrupted'}"
    if not is_for_the_user(error):
        return None
    rank = this_rank()
    where = "" if rank.is_first else f"[rank {rank.rank}] "
    hint = "(--traceback shows where in the code)"
    return EXIT_USER_ERROR, f"\n{where}ERROR: {readable(error)}\n{hint}"
