"""Which of a run's evaluations is shown."""

from pathlib import Path

import pytest

from iclip.report.run_folders import find_runs
from tests.support.run_folder import pretraining, write_run, write_test


@pytest.mark.parametrize(
    ("iterations", "shown"), [((100, 100), 2.0), ((100, 50), 1.0), ((50, 100), 2.0)]
)
def test_the_last_test_of_the_furthest_checkpoint_is_shown(
    iterations: tuple[int, int], shown: float, tmp_path: Path
):
    write_run(tmp_path, pretraining(), {"a": 0.0})
    for number, iteration in enumerate(iterations, start=1):
        write_test(tmp_path, {"a": float(number)}, iteration=iteration)
    (run,) = find_runs([tmp_path])
    assert run.metrics == {"a": shown}
