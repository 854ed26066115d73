"""open_clip's pipeline of shards: webdataset with its own crops and its own tokenizer."""

import inspect
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import ModuleType
from typing import Any

import open_clip
from open_clip.transform import AugmentationCfg, image_transform


class OpenClipLoader:
    """Endless batches of open_clip's training pipeline.

    Args:
        shards: The tars, at least as many as workers.
        samples: Number of pairs in all of them.
        batch_size: Pairs per batch.
        workers: Data workers.
        side: Side of the crops in pixels.
        scale: Smallest and largest area of a crop.
    """

    def __init__(
        self, shards: Sequence[str], samples: int, batch_size: int, workers: int, side: int,
        scale: tuple[float, float],
    ) -> None:  # fmt: skip
        crops = image_transform(side, is_train=True, aug_cfg=AugmentationCfg(scale=scale))
        options = Namespace(
            train_data="::".join(shards), train_num_samples=samples, seed=0, batch_size=batch_size,
            train_data_upsampling_factors=None, dataset_resampled=False, workers=workers,
            world_size=1,
        )  # fmt: skip
        tokenizer = open_clip.SimpleTokenizer()
        self._data = _get_wds_dataset()(options, crops, is_train=True, tokenizer=tokenizer)

    def batches(self) -> Iterator[Any]:
        """Yield batches of images (B, 3, side, side) and token ids (B, 77), epoch after epoch."""
        epoch = 0
        while True:
            self._data.set_epoch(epoch)
            yield from self._data.dataloader
            epoch += 1


def _get_wds_dataset() -> Callable[..., Any]:
    """Import open_clip's pipeline; its module wants pandas, which only its CSV reader uses."""
    stand_in = ModuleType("pandas")
    sys.modules.setdefault("pandas", stand_in)
    try:
        from open_clip_train import data
    finally:
        if sys.modules["pandas"] is stand_in:
            del sys.modules["pandas"]
    # webdataset 1.0 ends each shard with a mark, which open_clip 3.3 takes for a sample.
    if "eof_value" in inspect.signature(data.tar_file_expander).parameters:
        data.tar_file_expander = partial(data.tar_file_expander, eof_value=None)
    return data.get_wds_dataset
