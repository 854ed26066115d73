"""Sources whose files are indexed once, before the first run that reads them."""

from abc import abstractmethod
from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Any, ClassVar

from iclip.datasets.sample_source import SampleSource


class IndexedSource(SampleSource):
    """Samples in files that are indexed once; the constructor does it where it was not done.

    Attributes:
        index_settings: Names of the settings that decide which files are indexed, and how.
    """

    index_settings: ClassVar[tuple[str, ...]]

    @classmethod
    @abstractmethod
    def index_files(cls, settings: Mapping[str, Any], executor: Executor, at_a_time: int) -> None:
        """Index the files that a config's settings name, by the rules of the constructor.

        Args:
            settings: Those of a config; what is not in ``index_settings`` does not matter.
            executor: Indexes the tars.
            at_a_time: Number of tars that it indexes at a time.

        Raises:
            DamagedShards: Some tars are damaged or cannot be read.
            KeyError: A setting is missing that the constructor needs.
        """
