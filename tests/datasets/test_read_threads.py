import multiprocessing
import pickle
import threading

import pytest

from iclip.datasets.read_threads import ReadThreads


def square(number: int) -> int:
    if number < 0:
        raise OSError(f"{number} cannot be read")
    return number * number


@pytest.mark.parametrize("count", [0, 1, 3])
def test_each_item_has_its_result_or_its_error(count: int) -> None:
    first, bad, last = ReadThreads(count).start(square, [2, -1, 5])
    assert (last(), first()) == (25, 4)
    with pytest.raises(OSError, match="-1 cannot be read"):
        bad()


def test_as_many_calls_run_at_once_as_there_are_threads() -> None:
    barrier = threading.Barrier(3, timeout=20)
    results = ReadThreads(3).start(lambda _: barrier.wait(), range(6))
    assert sorted(result() for result in results) == [0, 0, 1, 1, 2, 2]


def test_without_threads_items_are_read_when_they_are_asked_for() -> None:
    read: list[int] = []
    results = ReadThreads(0).start(read.append, [1, 2])
    assert read == []
    results[1]()
    assert read == [2]


def squares_in_child(threads: ReadThreads, queue: "multiprocessing.SimpleQueue[int]") -> None:
    queue.put(sum(result() for result in threads.start(square, range(5))))


def test_forked_process_has_threads_of_its_own() -> None:
    threads, context = ReadThreads(2), multiprocessing.get_context("fork")
    assert threads.start(square, [3])[0]() == 9
    queue = context.SimpleQueue()
    process = context.Process(target=squares_in_child, args=(threads, queue))
    process.start()
    process.join(20)
    assert process.exitcode == 0 and queue.get() == 30


def test_copy_for_a_spawned_process_starts_its_own() -> None:
    threads = ReadThreads(2)
    threads.start(square, [3])[0]()
    copy = pickle.loads(pickle.dumps(threads))
    assert copy.count == 2 and copy.start(square, [4])[0]() == 16


@pytest.mark.parametrize("count", [-1, 1.5, "4"])
def test_number_of_threads_outside_its_range_is_refused(count: object) -> None:
    with pytest.raises(ValueError, match=rf"read_threads={count!r}: give a whole number, 0 for no"):
        ReadThreads(count)
