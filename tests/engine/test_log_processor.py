"""The line of the log that a person watches."""

import pytest

from iclip.engine.log_processor import peak_memory_gb, training_line

SCALARS = {
    "train/lr": 9.8e-4,
    "train/lr_text_encoder": 1.96e-3,
    "train/data_time": 0.02,
    "train/time": 1.0,
    "train/grad_norm": 1.839,
    "train/loss": 5.3114,
    "train/loss_cls": 3.0201,
    "train/loss_con": 2.2913,
    "train/images_per_second": 2914.3,
    "train/temperature": 0.03125,
    "train/memory_gb": 31.24,
}


def test_line_shows_what_a_person_watches():
    assert training_line(SCALARS, 1200, 100000, 33153.7) == (
        "  1200/100000  eta 9:12:33  2,914 img/s (data 2%)  loss 5.311 = cls 3.020 + con 2.291  "
        "temp 0.0312  grad 1.84  lr 9.8e-04 lr_text_encoder 2.0e-03  mem 31.2 GB"
    )


@pytest.mark.parametrize(
    ("rank", "shown"), [(0, "img/s (data 2%)  "), (13, "img/s (data 2%, 41% on rank 13)  ")]
)
def test_rank_that_waits_longest_for_data_is_named_unless_it_is_rank_0(rank: int, shown: str):
    waits = {"train/data_wait_max": 0.41, "train/data_wait_rank": rank}
    assert shown in training_line({**SCALARS, **waits}, 1, 10, 0)


def test_one_loss_is_not_said_twice():
    line = training_line({"train/loss": 2.0, "train/loss_cls": 2.0}, 1, 10, 0)
    assert line == " 1/10  eta 0:00:00  loss 2.000"


@pytest.mark.parametrize(("count", "shown"), [(0, False), (3, True)])
def test_decode_errors_show_when_there_are_some(count: int, shown: bool):
    line = training_line({**SCALARS, "train/decode_errors": count}, 1, 10, 0)
    assert ("decode errors 3" in line) == shown


def test_memory_is_more_than_torch_s_libraries_and_less_than_the_machine_s():
    assert 0.05 < peak_memory_gb() < 2000
