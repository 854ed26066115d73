"""A copy of a checkpoint's content that the next step of the training does not change."""

from typing import Any

import torch


class Snapshot:
    """Copies a checkpoint's content into memory of the CPU, the same memory each time.

    It is torch's staging of distributed checkpoints: tensors that share memory still do, and
    everything else is a deep copy. On a GPU, the memory is pinned. The first copy allocates it, as
    many bytes as the checkpoint has, and it stays as long as the tensors that it is for.

    torch calls the module experimental, hence its own file here. Its writers are not used: they
    write a folder of one file per rank, which no other library reads as weights.
    """

    def __init__(self) -> None:
        self._stager: Any = None

    def take(self, content: Any) -> Any:
        """Return the copy; the one before must not be needed any more."""
        if self._stager is None:
            # Not at the top: its imports take a second, and most commands never save.
            from torch.distributed.checkpoint.staging import DefaultStager, StagingOptions

            on_gpu = torch.cuda.is_available()
            options = StagingOptions(
                use_pinned_memory=on_gpu,
                use_shared_memory=False,
                use_async_staging=False,  # the next step would change what is being copied
                use_non_blocking_copy=on_gpu,
            )
            self._stager = DefaultStager(options)
        return self._stager.stage(content)
