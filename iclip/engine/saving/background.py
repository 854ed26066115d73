"""One job at a time, beside the training."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class BackgroundJob:
    """Runs a job in a thread; what it raises is raised by `wait`.

    A thread and not a process: writing and checksums release Python's lock, and nothing has to be
    sent. Data workers may be forked meanwhile, since they touch neither the job's file nor a lock
    that it holds. A program that ends waits for the job.
    """

    def __init__(self) -> None:
        self._executor: ThreadPoolExecutor | None = None
        self._job: Future[None] | None = None

    def start(self, job: Callable[[], None]) -> None:
        """Wait for the job before, then begin this one."""
        self.wait()
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._job = self._executor.submit(job)

    def wait(self) -> None:
        """Wait for the job, and raise once what it has raised."""
        job, self._job = self._job, None
        if job is not None:
            job.result()

    @property
    def has_failed(self) -> bool:
        """Whether the job has ended with an error that nobody has been told."""
        return self._job is not None and self._job.done() and self._job.exception() is not None
