"""What numbers and colors of masks stand for, by a class list or without one."""

import pytest

from iclip.own_data.masks.class_lists import ClassList, ListedClass
from iclip.own_data.masks.encoding import Encoding, find_encoding
from iclip.own_data.masks.files import ColorMask, MaskContent, NumberMask, StoredLabels

RED, GREEN, BLACK, WHITE = (255, 0, 0), (0, 128, 0), (0, 0, 0), (255, 255, 255)


def gray(*values: int, path: str = "a.png") -> MaskContent:
    colors = {(value, value, value): 1 for value in values}
    return MaskContent(path, 4, 4, True, True, dict.fromkeys(values, 1), colors)


def palette(entries: dict[int, tuple[int, int, int]]) -> MaskContent:
    values, colors = dict.fromkeys(entries, 1), dict.fromkeys(entries.values(), 1)
    return MaskContent("p.png", 4, 4, True, True, values, colors)


def rgb(*colors: tuple[int, int, int]) -> MaskContent:
    is_gray = all(len(set(color)) == 1 for color in colors)
    values = {color[0]: 1 for color in colors} if is_gray else None
    return MaskContent("c.png", 4, 4, False, False, values, dict.fromkeys(colors, 1))


def wide(*values: int) -> MaskContent:
    return MaskContent("w.png", 4, 4, True, False, dict.fromkeys(values, 1), None)


def named(*names: str, colors: list | None = None) -> ClassList:
    colors = colors or [None] * len(names)
    entries = enumerate(zip(names, colors, strict=True))
    return ClassList("classes.txt", tuple(ListedClass(n, i, color) for i, (n, color) in entries))


def labels_of(encoding: Encoding, *contents: MaskContent) -> list[tuple[int, ...]]:
    return [encoding.labels(content) for content in contents]


def test_numbers_are_those_of_the_list_and_masks_stay():
    content = gray(0, 2, 255)
    encoding = find_encoding([content], named("a", "b", "c"))
    assert encoding.classes == ("a", "b", "c")
    assert encoding.labels(content) == (0, 2)
    assert encoding.mask(content) == StoredLabels("a.png")
    assert encoding.notes == ("the number 255 in masks is ignored",)


@pytest.mark.parametrize("content", [wide(0, 1), rgb((0, 0, 0), (1, 1, 1))])
def test_numbers_in_other_pixels_are_written_anew(content: MaskContent):
    mask = find_encoding([content], named("a", "b")).mask(content)
    assert isinstance(mask, NumberMask)
    assert [mask.labels[value] for value in (0, 1, 255)] == [0, 1, 255]


@pytest.mark.parametrize("name", ["void", "Ignore", "__ignore__", "UNLABELED"])
def test_what_is_called_void_is_ignored_and_the_rest_numbered_anew(name: str):
    content = gray(0, 1, 2)
    encoding = find_encoding([content], named(name, "a", "b"))
    assert encoding.classes == ("a", "b")
    assert encoding.mask(content) == NumberMask("a.png", {255: 255, 0: 255, 1: 0, 2: 1})
    assert encoding.labels(content) == (0, 1)
    assert encoding.notes == (f"{name!r} of classes.txt is ignored",)


def test_colors_are_looked_up():
    listed = named("background", "a", colors=[BLACK, RED])
    contents = [rgb(BLACK, RED), rgb(BLACK), palette({0: BLACK, 7: RED})]
    encoding = find_encoding(contents, listed)
    assert labels_of(encoding, *contents) == [(0, 1), (0,), (0, 1)]
    assert all(isinstance(encoding.mask(content), ColorMask) for content in contents)


def test_black_is_not_number_0_where_colors_count():
    listed = named("a", "b", colors=[RED, GREEN])
    with pytest.raises(ValueError, match="have colors that stand for nothing: 0,0,0"):
        find_encoding([rgb(RED, GREEN), rgb(BLACK)], listed)


def test_black_and_white_of_a_list_with_these_colors():
    content = gray(0, 255)
    encoding = find_encoding([content], named("sky", "land", colors=[WHITE, BLACK]))
    assert encoding.labels(content) == (0, 1)
    assert encoding.mask(content) == ColorMask("a.png", encoding.colors)
    assert (encoding.colors[WHITE], encoding.colors[BLACK]) == (0, 1)


def test_numbers_count_where_palettes_have_other_colors():
    listed = named("background", "a", colors=[BLACK, RED])
    contents = [palette({0: BLACK, 1: GREEN}), palette({0: BLACK})]
    encoding = find_encoding(contents, listed)
    assert labels_of(encoding, *contents) == [(0, 1), (0,)]
    assert encoding.notes == (
        "the numbers in the masks count, 0 is 'background': they do not have the colors of "
        "classes.txt",
    )


def test_border_of_pascal_voc_is_ignored_in_colors():
    content = rgb(BLACK, RED, (224, 224, 192))
    encoding = find_encoding([content], named("background", "a", colors=[BLACK, RED]))
    assert encoding.labels(content) == (0, 1)


@pytest.mark.parametrize("other", [1, 255])
@pytest.mark.parametrize(
    ("listed", "classes"),
    [(None, ("background", "foreground")), (named("cat"), ("background", "cat"))],
)
def test_two_values_need_no_list(other: int, listed: ClassList | None, classes: tuple[str, ...]):
    contents = [gray(0, other), gray(0)]
    encoding = find_encoding(contents, listed)
    assert encoding.classes == classes
    assert labels_of(encoding, *contents) == [(0, 1), (0,)]
    assert f"0 is 'background', {other} is {classes[1]!r}" in encoding.notes[0]


def test_black_and_white_with_two_names():
    content = gray(0, 255)
    encoding = find_encoding([content], named("road", "car"))
    assert encoding.mask(content) == NumberMask("a.png", {0: 0, 255: 1})
    assert encoding.notes == ("the masks are black and white: 0 is 'road', 255 is 'car'",)


def test_black_and_white_in_color_are_looked_up():
    listed = named("sky", "land", colors=[WHITE, BLACK])
    encoding = find_encoding([rgb(BLACK, WHITE)], listed)
    assert encoding.classes == ("sky", "land")
    assert (encoding.colors[WHITE], encoding.colors[BLACK]) == (0, 1)
    assert encoding.mask(rgb(BLACK)) == ColorMask("c.png", encoding.colors)


def test_black_is_ignored_where_the_list_says_so():
    content = gray(0, 255)
    encoding = find_encoding([content], named("void", "cat"))
    assert encoding.classes == ("cat",)
    assert encoding.mask(content) == NumberMask("a.png", {0: 255, 255: 0})


@pytest.mark.parametrize(
    ("contents", "listed", "told"),
    [
        ([gray(0, 255)], named("a", "b", "c"), "names 3 classes: write the class's number"),
        ([gray(0, 1, 2, 255)], None, "the masks have the numbers 0, 1, 2, and no list says"),
        ([rgb(BLACK, RED)], None, "the masks have the colors 0,0,0, 255,0,0, and no list says"),
        (
            [gray(0, 1), gray(3, path="b.png"), gray(1, 3, 4, path="c.png")],
            named("a", "b"),
            "2 of 3 masks (such as b.png) have numbers that stand for nothing: 3, 4; classes.txt "
            "names 2 classes, the last is 1. Add a name for each number, such as void",
        ),
        (
            [gray(*range(9), path="b.JPG")],
            named("a", "b"),
            "JPEG changes the values of masks, PNG keeps them",
        ),
        (
            [rgb(BLACK, GREEN)],
            named("a", "b", colors=[BLACK, RED]),
            "have colors that stand for nothing: 0,128,0; classes.txt names 2 classes, the last "
            "is 1. Add a line void:red,green,blue:: for what is to be ignored",
        ),
        ([rgb(BLACK, RED)], named("a", "b"), "and classes.txt has none: write labelmap.txt"),
        ([gray(0)], named("void"), "names no class but 'void', which is ignored"),
        (
            [gray(0)],
            named(*map(str, range(256))),
            "classes.txt: 256 classes; label maps have 8 bits",
        ),
    ],
)
def test_what_cannot_be_known_is_an_error(contents: list, listed: ClassList | None, told: str):
    with pytest.raises(ValueError) as error:
        find_encoding(contents, listed)
    assert told in str(error.value)


def test_255_is_a_class_where_the_list_names_it():
    listed = ClassList("l", tuple(ListedClass(n, v) for n, v in (("a", 0), ("b", 7), ("c", 255))))
    content = gray(0, 7, 255)
    encoding = find_encoding([content], listed)
    assert encoding.labels(content) == (0, 1, 2)
