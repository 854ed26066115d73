"""A data set of videos with any file names, some of which may fail to decode."""

import os
from functools import cached_property
from typing import Any

from mmaction.datasets import VideoDataset
from mmaction.registry import DATASETS

from iclip.datasets.readers.video_list import read_video_list
from iclip.messages import counted, listing
from iclip.openmmlab.replaced_files import ReplacedFiles


@DATASETS.register_module(name=["SkipBrokenVideos", "CountedVideos"])
class SkipBrokenVideos(VideoDataset):
    """mmaction's ``VideoDataset`` that reads any file name and skips videos that do not decode.

    The label of a line follows its last blank or tab; mmaction's class splits at every blank. In
    training, a random other video takes the place of one that does not decode, which is named in
    the log once. In testing it is an error, since scores on fewer videos are not comparable.

    Args:
        max_undecodable: Share of the videos that may fail before the training stops.
        **kwargs: See mmaction's ``VideoDataset``.
    """

    def __init__(self, max_undecodable: float = 0.01, **kwargs: Any) -> None:
        self.max_undecodable = max_undecodable
        super().__init__(**kwargs)

    @cached_property
    def undecodable(self) -> ReplacedFiles:
        """The videos that this process has met and replaced."""
        return ReplacedFiles(
            "video",
            max(1, int(self.max_undecodable * len(self))),
            f"SkipBrokenVideos(max_undecodable={self.max_undecodable}) of {len(self):,} videos",
        )

    def load_data_list(self) -> list[dict[str, Any]]:
        """Read the list of videos.

        Raises:
            ValueError: Lines do not end in a label.
        """
        listed = read_video_list(self.ann_file, self.delimiter, self.multi_class)
        if listed.malformed and listed.videos:
            lines = [f"line {number} {text[:60]!r}" for number, text in listed.malformed]
            raise ValueError(
                f"{self.ann_file}: {counted(len(lines), 'line')} without a label after the file's "
                f"name: {listing(lines, 3)}. Write 'file label', or set delimiter"
            )
        # A list without labels is for prediction, as in mmaction.
        named = [(video.name, video.labels) for video in listed.videos]
        named = named or [(text, (-1,)) for _, text in listed.malformed]
        folder = self.data_prefix.get("video") or ""
        return [
            dict(
                filename=os.path.join(folder, name),
                label=list(labels) if self.multi_class else labels[0],
            )
            for name, labels in named
        ]

    def prepare_data(self, idx: int) -> Any:
        """Decode and transform one video.

        Returns:
            The sample; None for a video that does not decode in training.

        Raises:
            ValueError: A video does not decode in testing, or too many do not in training.
        """
        name = str(self.get_data_info(idx)["filename"])
        try:
            return super().prepare_data(idx)
        except Exception as error:  # decord, av and OpenCV have their own types
            lines = str(error).strip().splitlines() or [type(error).__name__]
            reason = lines[-1][:200]
            if self.test_mode:
                raise ValueError(
                    f"{name} does not decode ({reason}). Fetch it anew, or take its line "
                    f"out of {self.ann_file}"
                ) from error
            self.undecodable.add(name, f"{name} does not decode ({reason})", error)
            return None  # mmengine's data set then draws another index
