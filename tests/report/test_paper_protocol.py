"""A run of another protocol is never subtracted from the paper."""

from pathlib import Path

import pytest
from mmengine.config import Config

from iclip.report.paper_protocol import SAMPLES_OF_HALF
from tests.support.run_folder import (
    SAMPLES,
    pretraining,
    sections,
    write_run,
)

pytestmark = pytest.mark.usefixtures("without_plots")


@pytest.mark.parametrize(
    ("config", "samples", "why"),
    [
        (pretraining(ratio="(10, 90)"), SAMPLES // 2, "50% of the samples"),
        (pretraining(method="MultiTask"), SAMPLES, "method MultiTask, not"),
        (pretraining(data="data").replace("yfcc14m", "cc3m"), SAMPLES, "data in21k, not"),
        (pretraining().replace("'tiny'", "'small'"), SAMPLES, "image tower small, not tiny"),
    ],
)
def test_run_of_another_protocol_is_never_subtracted(
    config: str, samples: int, why: str, tmp_path: Path
):
    write_run(tmp_path / "other", config, {"imagenet1k/top1": 44.4}, samples_seen=samples)
    *tables, other = sections(tmp_path)["paper"]["tables"]
    assert all(table["folded"].endswith("no run of this protocol") for table in tables)
    assert other["rows"][0][0] == "other"
    assert why in other["rows"][0][1]
    assert "44.4" in other["rows"][0][2]


def test_half_of_the_data_is_what_the_schedule_trains_on():
    schedule = Config.fromfile("configs/_base_/schedules/swint_32e.py")
    images = schedule.yfcc14m_images // 2 + schedule.in21k_images // 2
    assert 32 * images == SAMPLES_OF_HALF
