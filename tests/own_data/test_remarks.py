import pytest

from iclip.data_summary import Omission
from iclip.own_data.remarks import Remarks


def test_omissions_are_counted_by_kind_with_an_example() -> None:
    remarks = Remarks("DIR")
    remarks.leave_out("boxes without a pixel", ["a", "b"])
    remarks.leave_out("missing images", ["c"])
    remarks.leave_out("boxes without a pixel", ["d"])
    assert remarks.omissions() == (
        Omission("boxes without a pixel", 3, "a"),
        Omission("missing images", 1, "c"),
    )


@pytest.mark.parametrize(("odd", "total", "stops"), [(1, 2, False), (2, 20, False), (3, 20, True)])
def test_many_of_a_kind_are_an_error(odd: int, total: int, stops: bool) -> None:
    remarks = Remarks("DIR")
    examples = [f"box {n}" for n in range(odd)]
    calls = (
        lambda: remarks.leave_out("odd boxes", examples, total, "are they in pixels?"),
        lambda: remarks.change("odd boxes", examples, "clipped", total, "are they in pixels?"),
    )
    for call in calls:
        if not stops:
            call()
            continue
        with pytest.raises(
            ValueError,
            match=r"DIR: 3 odd boxes \(box 0\), more than 10% of 20; are they in pixels\?",
        ):
            call()


def test_notes_are_told_once_and_count_what_is_changed() -> None:
    remarks = Remarks("DIR")
    remarks.note("read from a")
    remarks.note("read from a")
    remarks.change("boxes beyond an edge of their image", ["a"], "clipped", 50, "hint")
    remarks.change("others", [], "clipped", 50, "hint")
    assert remarks.notes == ["read from a", "1 box beyond an edge of their image (a): clipped"]


def test_names_cannot_change_the_terminal() -> None:
    remarks = Remarks("DIR")
    remarks.leave_out("images", ["a\x1b[31m.jpg"])
    assert "\x1b" not in str(remarks.omissions()[0])
