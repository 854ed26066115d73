import json

from iclip.text.class_texts import ClassText
from iclip.text.sources.class_text_report import class_text_report
from iclip.text.sources.collected_texts import CollectedTexts

BIRD = ClassText("n1", ("crane",), "large wading bird")
MACHINE = ClassText("n2", ("Crane", "derrick"), "lifts heavy objects")
TWIN = ClassText("n3", ("derrick",), "Lifts heavy objects")
COPY = ClassText("n4", ("crane",), "large wading bird")
ANT = ClassText("n5", ("ant",))
BEE = ClassText("n6", ("bee",))


def test_equal_first_names_are_grouped_whatever_their_case() -> None:
    assert class_text_report(CollectedTexts((BIRD, MACHINE, TWIN))).same_name == {
        "crane": ("n1", "n2")
    }


def test_equal_descriptions_are_grouped_and_empty_ones_listed() -> None:
    report = class_text_report(CollectedTexts((BIRD, MACHINE, TWIN, ANT, BEE)))
    assert report.same_description == {"lifts heavy objects": ("n2", "n3")}
    assert report.without_description == ("n5", "n6")


def test_classes_that_read_the_same_are_grouped() -> None:
    report = class_text_report(CollectedTexts((BIRD, MACHINE, COPY)))
    assert report.same_text == {"crane: large wading bird": ("n1", "n4")}


def test_missing_and_repeated_entries_are_carried_over() -> None:
    report = class_text_report(CollectedTexts((ANT,), missing=("n7",), repeated=("n5",)))
    assert (report.classes, report.missing, report.repeated) == (1, ("n7",), ("n5",))


def test_lines_name_every_finding_with_its_count() -> None:
    lines = class_text_report(CollectedTexts((BIRD, MACHINE), missing=("n7", "n8"))).lines()
    assert lines == [
        "2 class texts",
        "  missing from the dictionary: 2",
        "    n7",
        "    n8",
        "  named more than once, kept once: 0",
        "  kinds of files that are not classes: 0",
        "  same name and description (cannot be told apart): 0",
        "  same name: 1",
        "    crane (n1, n2)",
        "  same description: 0",
        "  without a description: 0",
    ]


def test_lines_beyond_the_limit_are_counted() -> None:
    lines = class_text_report(CollectedTexts((ANT,), missing=tuple("abcde"))).lines(limit=2)
    assert lines[1:5] == ["  missing from the dictionary: 5", "    a", "    b", "    and 3 more"]


def test_dict_survives_json() -> None:
    report = class_text_report(CollectedTexts((BIRD, MACHINE), missing=("n7",)))
    restored = json.loads(json.dumps(report.as_dict()))
    assert restored["missing"] == ["n7"]
    assert restored["same_name"] == {"crane": ["n1", "n2"]}
