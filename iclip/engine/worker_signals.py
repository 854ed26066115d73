"""Data workers live until their rank ends them, whatever signal their process group gets.

Slurm and torchrun send signals to all processes of a group. A data worker that dies of one raises
an error in its rank, in the middle of the step that is to be finished.
"""

import os
import signal
import threading
from collections.abc import Callable


def init_worker(then: Callable[[int], object] | None, worker: int) -> None:
    """Start a data worker: the ``worker_init_fn`` of a DataLoader.

    Args:
        then: Another such function, which is called, too.
        worker: The worker's number.
    """
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    # The loader ends a worker by SIGTERM if it does not end by itself. Only a thread that waits for
    # the signal learns who has sent it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    threading.Thread(target=_obey, args=(os.getppid(),), daemon=True).start()
    if then is not None:
        then(worker)


def _obey(rank_process: int) -> None:
    while signal.sigwaitinfo({signal.SIGTERM}).si_pid != rank_process:
        pass
    os._exit(0)
