import pickle
from typing import Any

import numpy as np
import pytest
import torch

from iclip.data_summary import DataSummary
from iclip.datasets.readers.decoding import DecodeError
from iclip.datasets.sample_key import SampleKey
from iclip.datasets.sample_source import SampleSource
from iclip.registry import TRANSFORMS


class Numbers(SampleSource):
    """Stored sample i is the byte i; some are broken."""

    def __init__(self, count: int, broken: dict[int, Exception] | None = None, **settings: Any):
        super().__init__(lambda encoded, seed: torch.tensor([*encoded, seed]), **settings)
        self.stored_count_, self.broken = count, broken or {}

    @property
    def stored_count(self) -> int:
        return self.stored_count_

    def read(self, stored: int) -> tuple[bytes, ...]:
        if isinstance(self.broken.get(stored), OSError):
            raise self.broken[stored]
        return bytes([stored]), b"text"

    def parts(self, stored: int, *text: bytes) -> dict[str, Any]:
        assert text == (b"text",)
        if stored in self.broken:
            raise self.broken[stored]
        return {"gt_label": stored}

    def sample_name(self, stored: int) -> str:
        return f"file {stored}"

    def summary(self) -> DataSummary:
        return DataSummary("Numbers", "nowhere", self.counted_samples("numbers"))


def test_key_brings_the_seed_and_an_index_means_seed_zero() -> None:
    source = Numbers(5)
    assert source[SampleKey(0, 3, 77)]["image"].tolist() == [3, 77]
    assert source[3]["image"].tolist() == [3, 0]
    assert source[3]["gt_label"] == 3


@pytest.mark.parametrize(
    ("fraction", "stored"), [(1, [*range(8)]), (0.5, [0, 2, 4, 6]), (0.25, [0, 4]), (0.01, [0])]
)
def test_fraction_is_taken_at_even_distances(fraction: float, stored: list[int]) -> None:
    source = Numbers(8, fraction=fraction)
    assert [source[i]["gt_label"] for i in range(len(source))] == stored


@pytest.mark.parametrize("fraction", [0.3, 0.7, 0.999])
def test_fraction_takes_no_sample_twice(fraction: float) -> None:
    source = Numbers(250, fraction=fraction)
    assert len(source) == round(250 * fraction)
    assert len({source[i]["gt_label"] for i in range(len(source))}) == len(source)


class Shards(Numbers):
    """Stored samples 0 to 2 in one shard, none in the next, 3 to 9 in the last."""

    stored_shards = np.array([0, 3, 3, 10])


@pytest.mark.parametrize("fraction", [1, 0.7, 0.5, 0.3, 0.1])
def test_shards_of_a_fraction_begin_where_their_first_samples_do(fraction: float) -> None:
    source = Shards(10, fraction=fraction)
    stored = [source[index]["gt_label"] for index in range(len(source))]
    assert source.shards is not None
    assert source.shards.tolist() == [
        sum(number < start for number in stored) for start in (0, 3, 3, 10)
    ]


def test_files_of_their_own_are_not_shards() -> None:
    assert Numbers(10).shards is None


@pytest.mark.parametrize("fraction", [0, -1, 1.5])
def test_bad_fraction_is_refused(fraction: float) -> None:
    with pytest.raises(ValueError, match=f"fraction={fraction}: give a share above 0"):
        Numbers(8, fraction=fraction)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DecodeError("not an image"), "not an image"),
        (FileNotFoundError(2, "No such file or directory", "/x"), "No such file or directory"),
        (OSError("shard ends at 5 bytes"), "shard ends at 5 bytes"),
    ],
)
def test_error_names_the_stored_sample(error: Exception, reason: str) -> None:
    source = Numbers(8, broken={6: error}, fraction=0.5)
    with pytest.raises(DecodeError) as raised:
        source[3]
    assert str(raised.value) == f"file 6: {reason}"


def test_bug_is_not_taken_for_a_damaged_sample() -> None:
    with pytest.raises(KeyError):
        Numbers(8, broken={1: KeyError("typo")})[1]


@pytest.mark.parametrize("index", [-1, 4])
def test_index_outside_is_refused(index: int) -> None:
    with pytest.raises(IndexError, match=f"index {index} is outside the 4 samples"):
        Numbers(8, fraction=0.5)[index]


def test_transform_may_be_a_config() -> None:
    class Built(Numbers):
        def __init__(self) -> None:
            SampleSource.__init__(self, {"type": "ResizeCenterCrop", "size": 8})

    assert type(Built().image_transform) is TRANSFORMS.get("ResizeCenterCrop")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (DecodeError("x"), "damaged image"),
        (DecodeError("x", "blank caption"), "blank caption"),
        (FileNotFoundError(2, "x"), "missing file"),
        (PermissionError(13, "x"), "unreadable file"),
        (OSError("x"), "unreadable file"),
    ],
)
def test_errors_are_told_apart_by_kind(error: Exception, kind: str) -> None:
    with pytest.raises(DecodeError) as caught:
        Numbers(2, {1: error})[1]
    assert caught.value.kind == kind


def test_error_comes_whole_from_another_process() -> None:
    error = pickle.loads(pickle.dumps(DecodeError("a.jpg: x", "blank caption")))
    assert (str(error), error.kind) == ("a.jpg: x", "blank caption")


@pytest.mark.parametrize(
    ("fraction", "line"),
    [(1, "Numbers nowhere: 8 numbers"), (0.5, "Numbers nowhere: 4 numbers, 8 numbers in store")],
)
def test_summary_says_what_a_fraction_is_of(fraction: float, line: str) -> None:
    source = Numbers(8, fraction=fraction)
    assert {name: str(summary) for name, summary in source.summaries().items()} == {"": line}
