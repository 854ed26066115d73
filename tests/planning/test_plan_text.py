"""The page of a plan."""

from iclip.planning.plan import Hardware
from iclip.planning.plan_text import plan_text
from tests.planning.made_steps import made_plan


def test_page_has_all_that_was_planned():
    text = plan_text(made_plan())
    for expected in (
        "configs/made.py on 8 x 79 GiB (h100)",
        "step      12,288 = 8 GPUs x 8 x 192",
        "memory    24.6 GiB needed per GPU of 79: it fits",
        "          images                  20.00 GiB",
        "          sum at the peak         22.00 GiB",
        "work      301.0 TFLOP per GPU and step",
        "          images                          100.00            200.00",
        "network   2.00 GB sent per GPU and step: gradients 2.00",
        "time      1.3 to 3.2 s per step at 10% to 25% of the GPU's peak rate (assumed)",
        "0.015 to 0.037 days for 1,000 steps",
        "data      3,900 to 9,700 samples per s, 6,400 to 16,000 file reads per s",
        "disk      9.0 GB for 3 checkpoints of 3.00 GB",
        "          32 MB of indices for each million pairs in shards",
        "notes     captions are made up",
    ):
        assert expected in text
    assert "to fit" not in text


def test_what_does_not_fit_is_said_with_what_was_tried():
    text = plan_text(made_plan(hardware=Hardware(8, 16), remedies=["one change", "another"]))
    assert "24.6 GiB needed per GPU of 16: IT DOES NOT FIT" in text
    assert "to fit    one change\n          another\n" in text


def test_what_is_not_known_is_said():
    assert "not known" in plan_text(made_plan(hardware=Hardware(8, 48)))
    assert "follows from its data" in plan_text(made_plan(max_iters=None))
    single = made_plan()
    single.step.account.sent.clear()
    assert "network" not in plan_text(single)
