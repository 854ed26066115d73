"""What a check finds becomes one text per file, and adds up over files."""

from iclip.data_summary import DataSummary
from iclip.findings import FileFindings, Findings


def test_faults_and_remarks_are_a_text_each_below_the_title():
    file = FileFindings("a.json (train_dataloader)")
    file.fault("boxes without area", ["3", "7"], "remove them")
    file.fault("unknown categories", ["x"], "add them")
    file.remark("crowds", ["9"], "they are left out")
    found = file.findings()
    assert found.problems == (
        "a.json (train_dataloader)\n"
        "       - boxes without area: 2 (3, 7); remove them\n"
        "       - unknown categories: 1 (x); add them",
    )
    assert found.notes == ("a.json (train_dataloader)\n       - crowds: 1 (9); they are left out",)


def test_without_examples_nothing_is_found():
    file = FileFindings("a.json")
    file.fault("boxes without area", [], "remove them")
    file.remark("crowds", [], "they are left out")
    assert file.findings() == Findings()


def test_all_examples_are_counted_and_three_different_ones_shown():
    file = FileFindings("a.json")
    file.fault("faults", ["b", "a", "b", *map(str, range(1000))], "mend them")
    (text,) = file.findings().problems
    assert "faults: 1,003 (b, a, 0 and 999 more); mend them" in text


def test_findings_add_up_in_order_and_a_later_summary_replaces_an_earlier_one():
    first, second, third = (DataSummary("Reader", place, {"images": 1}) for place in "abc")
    one = Findings(("p1",), ("n1",), {"train": first, "val": second})
    other = Findings(("p2",), ("n2",), {"val": third})
    assert one + other == Findings(("p1", "p2"), ("n1", "n2"), {"train": first, "val": third})
