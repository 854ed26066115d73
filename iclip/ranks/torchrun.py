"""torchrun, for a training that stops on notice: ``python -m iclip.ranks.torchrun [OPTIONS]``.

On SIGTERM, torchrun itself ends its processes after 30 seconds at most, and on SIGUSR1 it dies and
leaves them running. Here, both reach the processes as a notice (:mod:`iclip.stop_signals`), and the
exit code is 75 if they stopped for it. The processes end without an error then, so that none is
started again.
"""

import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from iclip.stop_signals import ASKED, EXIT_TO_BE_CONTINUED, NOTICES, STOP_FOLDER, STOPPED

# The signals that torchrun goes on handling itself.
_TORCHRUN_S = "--signals-to-handle=SIGINT,SIGHUP,SIGQUIT"


def main(arguments: Sequence[str]) -> int:
    """Run torchrun; returns the exit code.

    Raises:
        ChildFailedError: A process failed for another reason than the notice, and has no restart
            left.
    """
    with tempfile.TemporaryDirectory(prefix="iclip-stop-") as name:
        os.environ[STOP_FOLDER] = name
        folder = Path(name)

        def pass_on(number: int, frame: FrameType | None) -> None:
            (folder / ASKED).touch()
            for process in _listeners(folder):
                os.kill(process, number)

        for number in NOTICES:
            signal.signal(number, pass_on)
        # Not at the top: its import takes seconds, in which a notice would end this process.
        from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
        from torch.distributed.run import main as torchrun

        try:
            torchrun([_TORCHRUN_S, *arguments])
        except ChildFailedError:
            if not (folder / STOPPED).exists():
                raise
        return EXIT_TO_BE_CONTINUED if (folder / STOPPED).exists() else 0


def _listeners(folder: Path) -> list[int]:
    """List this process's children that listen and still run."""
    listening = [int(file.name) for file in folder.iterdir() if file.name.isdecimal()]
    return [process for process in listening if _is_running_child(process)]


def _is_running_child(process: int) -> bool:
    # The number of a process that has ended may be another one's by now, but not another child's
    # as long as nobody has waited for this one.
    try:
        state = os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return state is None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
