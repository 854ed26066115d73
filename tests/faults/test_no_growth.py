"""Ten thousand faulty samples: neither memory nor open files grow."""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import pytest

from iclip.datasets.image_text_pairs import ImageTextPairs
from iclip.datasets.labelled_images import LabelledImages
from iclip.datasets.mixed_sources import MixedSources
from iclip.datasets.sample_key import SampleKey
from iclip.datasets.transforms import RandomResizedCropFlip
from tests.faults.images import FAULTY, draw, encoded
from tests.faults.readers import class_texts, tokenizer, write_files
from tests.support.tar_files import write_tar

STATUS = Path("/proc/self/statm")
SAMPLES, BATCH = 10_000, 100


class Held(NamedTuple):
    """What the process holds after a batch."""

    resident_bytes: int
    open_files: int


def resident_bytes() -> int:
    return int(STATUS.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def read_faulty_samples(folder: Path) -> tuple[int, list[Held]]:
    """Read batches that meet each fault, a shard that shrank and a vanished file; say what it took.

    Returns:
        How many samples were replaced by others, and what was held after each batch.
    """
    contents = [content for content, _ in FAULTY.values() if len(content) < 20_000]
    good = encoded(draw(), "JPEG")
    files = write_files([*contents, b"gone", *[good] * 30], folder / "classes" / "n1")
    shards = []
    for number in range(2):
        members = {}
        for place, content in enumerate([*contents, *[good] * 30]):
            members |= {
                f"{place}.jpg": content,
                f"{place}.txt": b"\xff" if place % 9 == 0 else b"a",
            }
        shards.append(str(write_tar(folder / f"{number}.tar", members)))
    crop = RandomResizedCropFlip(8)
    data = MixedSources(
        LabelledImages(folder / "classes", class_texts(), crop),
        ImageTextPairs(shards, crop, tokenizer),
        max_replacements=200,
        # The allocator keeps pages per thread, until it has seen all sizes in each.
        read_threads=0,
    )
    files[len(contents)].unlink()
    os.truncate(shards[1], 5000)
    pairs = data.source_sizes[1]
    faulty = [
        *(SampleKey(0, index, 0) for index in range(len(contents) + 1)),
        *(SampleKey(1, index, 0) for index in range(len(contents))),
        *(SampleKey(1, index, 0) for index in range(pairs // 2, pairs)),
    ]
    after: list[Held] = []
    met = 0
    for start in range(0, SAMPLES, BATCH):
        keys = [faulty[n % len(faulty)]._replace(seed=n) for n in range(start, start + BATCH)]
        samples = data.__getitems__(keys)
        met += sum(bool(sample["decode_errors"]) for sample in samples)
        after.append(Held(resident_bytes(), open_files()))
    return met, after


@pytest.mark.skipif(not STATUS.exists(), reason="needs Linux's /proc")
def test_loop_over_faulty_samples_is_flat(tmp_path: Path) -> None:
    # A process of its own: in one that has run thousands of tests, the allocator takes and returns
    # megabytes at any moment, whatever this loop does.
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        met, after = process.submit(read_faulty_samples, tmp_path).result()
    assert met == SAMPLES
    then, now = after[len(after) // 4], after[-1]
    assert now.open_files <= after[0].open_files
    # Less than 100 bytes per sample; each was read, named and replaced, which took thousands.
    grown = now.resident_bytes - then.resident_bytes
    assert grown < 1e6, f"{grown:,} bytes in 7,500 samples"
