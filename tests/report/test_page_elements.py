import pytest

from iclip.report.page_elements import Cell, Table


def test_texts_become_cells_and_cells_stay():
    good = Cell("50.0", "good")
    assert Table("t", ["a", "b"], [["x", good]]).cells() == [[Cell("x"), good]]


@pytest.mark.parametrize(
    ("groups", "flat"),
    [
        ((), ["run", "top-1", "R@1"]),
        ((("", 1), ("COCO", 2)), ["run", "COCO top-1", "COCO R@1"]),
    ],
)
def test_a_flat_header_has_its_groups_in_front(groups: tuple, flat: list[str]):
    assert Table("t", ["run", "top-1", "R@1"], [], groups=groups).flat_columns() == flat


def test_groups_span_all_columns():
    with pytest.raises(ValueError, match="zip"):
        Table("t", ["a", "b"], [], groups=(("g", 1),)).flat_columns()
