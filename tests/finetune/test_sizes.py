"""The median size of a data set comes from a few headers."""

from pathlib import Path

import pytest

from iclip.finetune.sizes import median_shorter_side

FILES = [Path(str(i)) for i in range(1000)]


def test_median_of_the_shorter_sides():
    sizes = {"0": (10, 90), "1": (80, 20), "2": (30, 30)}
    assert median_shorter_side(FILES[:3], lambda file: sizes[file.name]) == 20


@pytest.mark.parametrize("count", [1, 63, 64, 65, 1000])
def test_few_headers_are_read_and_not_only_the_first(count: int):
    read = []
    median_shorter_side(FILES[:count], lambda file: read.append(int(file.name)) or (1, 1))
    assert len(read) == min(count, 64) == len(set(read))
    assert max(read) >= 0.9 * (count - 1)


def test_unreadable_files_are_passed_over():
    def size(file: Path) -> tuple[int, int]:
        if file.name != "7":
            raise OSError("not an image")
        return 5, 6

    assert median_shorter_side(FILES[:20], size) == 5
    assert median_shorter_side(FILES[:5], size) is None
