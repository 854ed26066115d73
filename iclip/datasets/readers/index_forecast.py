"""Says how long indexing will take, while its first shards are indexed."""

from collections.abc import Callable

from iclip.messages import counted
from iclip.progress import Progress, clock_time

# A wait that is longer is announced, with the way to do the work before the run.
_SECONDS_WORTH_SAYING = 60
# The first shards take the start of threads or processes as well.
_SECONDS_BEFORE = 5


class IndexForecast:
    """Says once how long the work will take, if that is long, and how to do it before a run.

    Args:
        progress: Of the shards that had no index.
        at_a_time: Number of shards that are indexed at a time.
        ranks: Number of processes that share the work.
        say: Takes the message.
    """

    def __init__(
        self, progress: Progress, at_a_time: int, ranks: int, say: Callable[[str], object]
    ) -> None:
        self._progress, self._at_a_time, self._ranks, self._say = progress, at_a_time, ranks, say
        self._is_due = True

    def look(self) -> None:
        """Say it, if it is time to; after each shard."""
        progress = self._progress
        elapsed = progress.elapsed()
        if not self._is_due or elapsed < _SECONDS_BEFORE:
            return
        self._is_due = False
        # When the first one is done, so are nearly those that were begun with it.
        done = max(progress.done, min(self._at_a_time, progress.total))
        seconds = (progress.total - progress.done) * elapsed / (done * self._ranks)
        if seconds > _SECONDS_WORTH_SAYING:
            self._say(
                f"{counted(progress.total, 'shard')} without an index: about {clock_time(seconds)} "
                "more, if the others take as long as the first. tools/index_data.py CONFIG indexes "
                "them before the run, on all cores; what is indexed stays when either is stopped"
            )
