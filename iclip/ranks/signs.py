"""What the ranks of a run tell each other about themselves, in the store of the process group.

The store is a server in torchrun or in rank 0 (torch's TCPStore): the ranks need no common folder,
and no collective, which a rank that hangs could not take part in. Nothing here imports torch.
"""

import json
import socket
import time
from dataclasses import asdict, dataclass
from typing import Any

# Seconds between two signs of a rank, and after which a rank without a new one is taken for dead.
BEAT_S = 1.0
SILENCE_S = 5.0


@dataclass(frozen=True)
class Sign:
    """What a rank has told last.

    Attributes:
        rank: Its number.
        machine: Its machine's name.
        doing: Its phase, in words.
        seconds: How long it had been in it then.
        limit_s: Seconds that the phase may last; None for any time.
        may_wait: Whether it may be waiting for other ranks.
        number: How many signs it has given.
        ended: How it has ended, if it said so: an error's message, or nothing after its work.
        is_silent: Whether no further sign came while :meth:`RankSigns.listen` waited for one.
    """

    rank: int
    machine: str
    doing: str
    seconds: float
    limit_s: float | None
    may_wait: bool = False
    number: int = 0
    ended: str | None = None
    is_silent: bool = False

    def __str__(self) -> str:
        return f"rank {self.rank} on {self.machine}"


class RankSigns:
    """The signs of this rank and of the others.

    Args:
        store: Of the process group, for this object alone (``Store.clone``): a client that waits
            for the server's answer blocks its other users.
        rank: This process's rank.
        world_size: Number of ranks.

    Raises:
        RuntimeError: By any method: the store is gone, with the process that held it.
    """

    def __init__(self, store: Any, rank: int, world_size: int) -> None:
        self.store = store
        self.rank = rank
        self.world_size = world_size
        self.number = 0
        self.last: Sign | None = None

    def give(
        self, doing: str, seconds: float, limit_s: float | None, may_wait: bool = False
    ) -> None:
        """Tell what this rank is doing; see :class:`Sign`."""
        machine = socket.gethostname()
        self.last = Sign(self.rank, machine, doing, round(seconds, 1), limit_s, may_wait)
        self._give_again()

    def end(self, how: str = "") -> None:
        """Tell that this rank ends; see :class:`Sign`."""
        self._ask("set", f"ended/{self.rank}", how)

    def read(self) -> list[Sign]:
        """Return the last sign of each rank that has given one, in rank order."""
        signs = []
        for rank in range(self.world_size):
            content = self._get(f"sign/{rank}")
            if content is not None:
                ended = self._get(f"ended/{rank}")
                signs.append(Sign(**{**json.loads(content), "ended": ended}))
        return signs

    def listen(self, seconds: float = SILENCE_S) -> list[Sign]:
        """Return the ranks' signs after waiting for new ones, which those alive give meanwhile.

        If it is this object that gives the signs of its rank, it goes on to.
        """
        before = {sign.rank: sign.number for sign in self.read()}
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._give_again()
            time.sleep(min(left, BEAT_S))
        return [
            Sign(**{**asdict(sign), "is_silent": before.get(sign.rank) == sign.number})
            for sign in self.read()
        ]

    def is_first_to(self, act: str) -> bool:
        """Whether no other rank has called this for the same act."""
        return self._ask("add", f"first/{act}", 1) == 1

    def all_have_ended(self) -> bool:
        """Whether the other ranks have all told that they end."""
        others = [rank for rank in range(self.world_size) if rank != self.rank]
        return all(self._get(f"ended/{rank}") is not None for rank in others)

    def _give_again(self) -> None:
        if self.last is not None:
            self.number += 1
            sign = asdict(self.last) | {"number": self.number}
            self._ask("set", f"sign/{self.rank}", json.dumps(sign))

    def _get(self, key: str) -> str | None:
        # A key that is absent would be waited for.
        return self._ask("get", key).decode() if self._ask("check", [key]) else None

    def _ask(self, method: str, *args: Any) -> Any:
        # Not again after a failure: torch prints a trace for each.
        if self.store is None:
            raise RuntimeError("the store of the process group is gone")
        try:
            return getattr(self.store, method)(*args)
        except RuntimeError:
            self.store = None
            raise


def table(signs: list[Sign]) -> str:
    """Write the ranks' signs as lines, those that have been in their phase the longest first."""
    lines = []
    by_seconds = sorted(signs, key=lambda sign: (not sign.is_silent, -sign.seconds))
    for sign in by_seconds:
        state = f"in {sign.doing} for {sign.seconds:,.0f} s"
        if sign.ended is not None:
            state = f"ended: {sign.ended or 'its work was done'}"
        elif sign.is_silent:
            state = f"gives no sign of life, last seen in {sign.doing}"
        lines.append(f"  {sign}: {state}")
    return "\n".join(lines)
