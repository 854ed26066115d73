"""A state of torch's generators that can be returned to."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


class RandomState:
    """The state of the CPU's generator and of the current GPU's at the time of construction."""

    def __init__(self) -> None:
        # Before the first use of CUDA there is no state, and to ask for one would initialize it.
        self._gpus = [torch.cuda.current_device()] if torch.cuda.is_initialized() else []
        self._on_cpu = torch.get_rng_state()
        self._on_gpus = [torch.cuda.get_rng_state(gpu) for gpu in self._gpus]

    @contextmanager
    def restored(self) -> Iterator[None]:
        """Draw from this state on within the context; behind it, from where it was before."""
        with torch.random.fork_rng(self._gpus):
            torch.set_rng_state(self._on_cpu)
            for gpu, state in zip(self._gpus, self._on_gpus, strict=True):
                torch.cuda.set_rng_state(state, gpu)
            yield
