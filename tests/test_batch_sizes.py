"""The samples of a step are shared by ranks and micro-batches in equal parts, or not at all."""

from itertools import product
from typing import Any

import pytest

from iclip.batch_sizes import BatchSizes, divide_batch, fitting_micro_batches, split_batch

NAMES = ("labelled", "pairs")


def fits(size: int, share: int, ratio: tuple[int, int]) -> bool:
    """Whether a micro-batch cuts a share, by trying all whole numbers of each source."""
    labelled, pairs = ratio
    holds = any(own * pairs == (size - own) * labelled for own in range(size + 1))
    return share % size == 0 and holds


@pytest.mark.parametrize("ratio", [(1, 2), (2, 4), (50, 50), (90, 10), (0, 1)])
def test_listed_micro_batches_are_those_that_fit(ratio: tuple[int, int]):
    for share in range(1, 61):
        expected = [size for size in range(1, share + 1) if fits(size, share, ratio)]
        # A share that cannot hold the ratio has parts that can only if it is a multiple of them.
        assert fitting_micro_batches(share, ratio) == (
            expected if fits(share, share, ratio) else []
        )


@pytest.mark.parametrize("micro_batch_size", [None, 96, 192, 1536, 20_000])
@pytest.mark.parametrize("processes", [1, 2, 8, 64, 128])
def test_parts_add_up_to_the_global_batch(processes: int, micro_batch_size: int | None):
    sizes = divide_batch(12_288, processes, (1, 2), micro_batch_size)
    assert sizes.processes * sizes.accumulation * sizes.micro_batch_size == 12_288
    share = 12_288 // processes
    assert sizes.micro_batch_size == min(share, micro_batch_size or share)
    assert sizes.micro_batch_size % 3 == 0


def test_sizes_read_as_a_product():
    sizes = divide_batch(12_288, 8, (1, 2), 192)
    assert sizes == BatchSizes(12_288, 8, 192, 8)
    assert sizes.describe("cuda") == "12,288 = 8 GPUs x 8 x 192"
    assert divide_batch(128, 1, (1, 1)).describe("cpu") == "128 = 1 process x 1 x 128"


@pytest.mark.parametrize(
    ("batch", "processes", "ratio", "parts"),
    [
        (
            12_288,
            12,
            (1, 2),
            (
                "global_batch_size=12288 cannot be shared equally by 12 GPUs with the ratio (1, 2)",
                "it must be a multiple of 36",
                "(--global-batch-size): 12276 or 12312; or keep it and take 8 or 16 GPUs",
            ),
        ),
        (128, 1, (1, 2), ("by 1 GPU with", "a multiple of 3", "126 or 129")),
        (2, 4, (1, 1), ("a multiple of 8", "(--global-batch-size): 8; or keep it and take 1 GPU")),
    ],
)  # fmt: skip
def test_batch_that_ranks_cannot_share_names_what_they_can(
    batch: int, processes: int, ratio: tuple[int, int], parts: tuple[str, ...]
):
    with pytest.raises(ValueError) as error:
        divide_batch(batch, processes, ratio)
    assert all(part in str(error.value) for part in parts), str(error.value)


def test_every_size_that_an_error_names_can_be_divided():
    for batch, processes, ratio in product((1, 7, 100, 128), (1, 3, 5, 8), ((1, 1), (1, 2))):
        try:
            divide_batch(batch, processes, ratio)
        except ValueError as error:
            named = str(error).split("(--global-batch-size): ")[1]
            sizes, _, ranks = named.partition("; or keep it and take ")
            for size in sizes.split(" or "):
                divide_batch(int(size), processes, ratio)
            for count in ranks.rpartition(" ")[0].split(" or ") if ranks else ():
                divide_batch(batch, int(count), ratio)


@pytest.mark.parametrize(("size", "nearest"), [(100, "96 or 192"), (1, "3"), (1000, "768 or 1536")])
def test_micro_batch_that_does_not_cut_the_share_names_those_that_do(size: int, nearest: str):
    with pytest.raises(ValueError) as error:
        divide_batch(12_288, 8, (1, 2), size)
    assert f"micro_batch_size={size} does not cut a GPU's 1,536 of global_batch_size=12288" in str(
        error.value
    )
    assert str(error.value).endswith(f"(--micro-batch-size): {nearest}")


@pytest.mark.parametrize("value", [0, -8, 2.5, "many", True])
@pytest.mark.parametrize("name", ["global_batch_size", "micro_batch_size"])
def test_sizes_are_whole_numbers(name: str, value: Any):
    sizes = {"global_batch_size": 8, "micro_batch_size": 8, name: value}
    with pytest.raises(ValueError, match=rf"{name} is {value!r}; it takes a whole number from 1"):
        divide_batch(processes=1, ratio=(1, 1), **sizes)


@pytest.mark.parametrize(
    ("batch_size", "ratio", "counts"),
    [
        (192, (1, 2), (64, 128)),
        (192, (2, 4), (64, 128)),
        (128, (1, 0), (128, 0)),
        (7, (3, 4), (3, 4)),
        (100, (1, 3), (25, 75)),
    ],
)
def test_batch_is_divided_as_the_ratio_says(
    batch_size: int, ratio: tuple[int, int], counts: tuple[int, int]
):
    assert split_batch(batch_size, ratio, NAMES) == counts


@pytest.mark.parametrize(
    ("batch_size", "ratio", "nearest"),
    [(128, (1, 2), "126 or 129"), (2, (1, 2), "3"), (191, (2, 4), "189 or 192")],
)
def test_batch_that_cannot_hold_the_ratio_names_those_that_can(
    batch_size: int, ratio: tuple[int, int], nearest: str
):
    with pytest.raises(ValueError) as error:
        split_batch(batch_size, ratio, NAMES)
    assert f"batch_size={batch_size} cannot hold ratio={ratio} exactly" in str(error.value)
    assert str(error.value).endswith(f"The nearest that can: {nearest}")


@pytest.mark.parametrize("ratio", [(1,), (1, 2, 3), (0, 0), (-1, 2), (0.5, 0.5), ("1", "2")])
def test_malformed_ratio_is_refused(ratio: tuple[object, ...]):
    with pytest.raises(ValueError, match=r"ratio=.* one whole number >= 0 for each source"):
        split_batch(12, ratio, NAMES)
