"""A copy of a checkpoint's content that the next step of the training does not change."""

from typing import Any

import torch


class Snapshot:
    """Copies a checkpoint's content into memory of the CPU, the same memory each time.

    It is torch's staging of distributed checkpoints: tensors that share memory still do, and
    everything else is a deep copy. On a GPU, the memory is pinned. The first copy allocates it, as
    many bytes as the checkpoint has, and it stays as long as the tensors that it is for.

    torch calls the module experimental, hence its own file here. In torch 2.11 the public
    ``DefaultStager`` closes this class after the first copy, and the second one fails. torch's
    writers are not used: they write a folder of one file per rank, which no other library reads.
    """

    def __init__(self) -> None:
        self._stager: Any = None

    def take(self, content: Any) -> Any:
        """Return the copy; the one before must not be needed any more."""
        on_gpu = torch.cuda.is_available()
        if self._stager is None:
            # Not at the top: its imports take a second, and most commands never save.
            from torch.distributed.checkpoint._state_dict_stager import StateDictStager

            self._stager = StateDictStager(pin_memory=on_gpu)
        copy = self._stager.stage(content, non_blocking=on_gpu)
        if on_gpu:  # the next step changes what is being copied
            torch.cuda.synchronize()
        return copy
