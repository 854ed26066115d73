"""A run's folder is its own for as long as it trains."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mmengine.logging import print_log

from iclip.distributed import from_rank_0
from iclip.files.one_owner import one_owner


@contextmanager
def own_work_dir(work_dir: str | Path) -> Iterator[None]:
    """Keep the work dir for this run while the block runs: rank 0 owns it for all ranks.

    Raises:
        ValueError: Another run owns it; see :func:`~iclip.files.one_owner.one_owner`.
        OSError: It could not be written.
    """
    with ExitStack() as stack:
        owned = one_owner(Path(work_dir), "--work-dir", _say)
        from_rank_0(lambda: stack.enter_context(owned))
        yield


def _say(text: str) -> None:
    print_log(text, logger="current", level=logging.WARNING)
