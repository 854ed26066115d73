"""Steps of the hub and of open_clip's loop are timed on batches of the same sizes."""

from tests.support.measured_rows import seconds, timed_rows


def test_the_pairs_alone_and_the_whole_step_are_timed_on_both_sides():
    pairs, whole = timed_rows("step", "--peer")
    assert pairs.cells["case"] == "CLIP, 2 pairs"
    assert whole.cells["case"].startswith("iCLIP, 1 labelled images, 2 pairs, 8 class texts of ")
    for row, images in ((pairs, 2), (whole, 3)):
        for side in ("iclip", "open_clip"):
            rate = row.cells[f"images/s, {side}"].median
            assert abs(rate - images / seconds(row, side)) < 1e-6
