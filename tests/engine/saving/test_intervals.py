import pytest

from iclip.engine.saving.intervals import check_intervals


def test_every_interval_is_a_multiple_of_the_accumulated_iterations():
    check_intervals({"a": 8, "b": 4}, 4)
    with pytest.raises(ValueError, match=r"^b=6 is not a multiple of .*_counts=4: .* Take 4 or 8$"):
        check_intervals({"a": 8, "b": 6}, 4)
