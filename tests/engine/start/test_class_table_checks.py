"""Labels of the data, the model and the metrics are lines of tables that agree."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iclip.datasets.readers.labelled_list import write_labelled_list
from iclip.engine.start.class_table_checks import class_table_problems

Write = Callable[[str, str], str]
ZERO_SHOT, HEAD = "ZeroShotAccuracy", "ClassifierAccuracy"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, ids: str) -> str:
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps({"id": id, "names": [id]}) + "\n" for id in ids))
        return str(path)

    return write


def trained(model: str, data: str) -> dict[str, Any]:
    return dict(
        model=dict(class_prompts=dict(class_texts=model)),
        train_dataloader=dict(
            dataset=dict(type="MixedSources", labelled=dict(class_texts=data), pairs={})
        ),
    )


def validated(
    model: str, data: str, metric: dict[str, Any], several: bool = True
) -> dict[str, Any]:
    loader = dict(dataset=dict(type="LabelledImages", class_texts=data))
    return dict(
        model=dict(class_prompts=dict(class_texts=model)),
        val_dataloader=[dict(dataset={}), loader] if several else loader,
        val_evaluator=[dict(type="RetrievalRecall"), [metric]] if several else metric,
    )


@pytest.mark.parametrize(("model", "data"), [("abc", "abc"), ("abcd", "abc")])
def test_data_may_have_the_first_classes_of_the_model(write: Write, model: str, data: str) -> None:
    assert class_table_problems(trained(write("model", model), write("data", data))) == []


@pytest.mark.parametrize(
    ("model", "data", "label", "of_data", "of_model"),
    [("abc", "acb", 1, "'c'", "'b'"), ("ab", "abc", 2, "'c'", "absent")],
)
def test_data_with_other_labels_than_the_model_is_named(
    write: Write, model: str, data: str, label: int, of_data: str, of_model: str
) -> None:
    model, data = write("model", model), write("data", data)
    place = "train_dataloader.dataset.labelled.class_texts"
    assert class_table_problems(trained(model, data)) == [
        f"Classes: label {label} is {of_data} in {data} ({place}), but {of_model} in {model} "
        "(model.class_prompts.class_texts). Name the same table in both"
    ]


@pytest.mark.parametrize(
    ("model", "data", "metric", "several", "fits"),
    [
        ("zy", "ab", dict(type=ZERO_SHOT, class_texts="ab"), True, True),
        ("zy", "ab", dict(type=ZERO_SHOT, class_texts="abc"), False, True),
        ("zy", "ab", dict(type=ZERO_SHOT, class_texts="ba"), True, False),
        ("zy", "abc", dict(type=ZERO_SHOT, class_texts="ab"), False, False),
        ("ab", "abc", dict(type=HEAD), True, True),
        ("ba", "abc", dict(type="iclip.ClassifierAccuracy"), True, False),
        ("ab", "abc", dict(type="HeadAccuracy"), True, True),
        ("ba", "abc", dict(type="iclip.HeadAccuracy"), True, False),
        ("abcd", "abc", dict(type=HEAD), False, False),
    ],
)
def test_validation_compares_the_tables_that_its_labels_index(
    write: Write, model: str, data: str, metric: dict[str, Any], several: bool, fits: bool
) -> None:
    if "class_texts" in metric:
        metric = {**metric, "class_texts": write("metric", metric["class_texts"])}
    cfg = validated(write("model", model), write("data", data), metric, several)
    problems = class_table_problems(cfg)
    assert [problem.split()[0] for problem in problems] == ([] if fits else ["Classes:"])
    assert fits or f"val_dataloader{'.1' if several else ''}.dataset.class_texts" in problems[0]


@pytest.mark.parametrize("cfg", [{}, {"model": None}, {"val_dataloader": None}])
def test_configs_without_tables_pass(cfg: dict[str, Any]) -> None:
    assert class_table_problems(cfg) == []


def test_tables_that_cannot_be_read_are_others_business(write: Write, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text("{")
    assert class_table_problems(trained(str(broken), write("data", "ab"))) == []


def listed(folder: Path, num_classes: int, **classes: str) -> dict[str, Any]:
    """A config of a classifier; by loader, the classes of its list of images, a letter each."""
    loaders = {}
    for part, names in classes.items():
        write_labelled_list(folder / f"{part}.jsonl", names, [("a.jpg", 0)])
        loaders[f"{part}_dataloader"] = dict(
            dataset=dict(type="LabelledFiles", table=str(folder / f"{part}.jsonl"))
        )
    return dict(model=dict(type="ImageClassifier", num_classes=num_classes), **loaders)


@pytest.mark.parametrize(
    ("num_classes", "val", "told"),
    [
        (2, "ab", []),
        (2, "ba", ["val_dataloader.dataset names other classes than train_dataloader.dataset, or"]),
        (2, "abc", ["val_dataloader.dataset names other classes"]),
        (5, "ab", ["model.num_classes is 5, and train_dataloader.dataset names 2 classes; set it"]),
    ],
)
def test_lists_of_images_and_the_classifier_have_the_same_classes(
    num_classes: int, val: str, told: list[str], tmp_path: Path
) -> None:
    problems = class_table_problems(listed(tmp_path, num_classes, train="ab", val=val))
    assert len(problems) == len(told)
    assert all(words in problem for words, problem in zip(told, problems, strict=True))


def test_lists_that_cannot_be_read_are_the_readers_business(tmp_path: Path) -> None:
    cfg = listed(tmp_path, 2, train="ab", val="ab")
    (tmp_path / "train.jsonl").unlink()
    (tmp_path / "val.jsonl").write_text("{}")
    del cfg["val_dataloader"]["dataset"]["table"]
    assert class_table_problems(cfg) == []


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("ab", []),
        ("ba", ["label 0 is 'a', and entry 1 of the table 'b'"]),
        ("abc", ["the data have 2 classes, and the table 3"]),
    ],
)
def test_words_of_a_classifier_are_the_classes_of_the_lists(
    write: Write, lines: str, told: list[str], tmp_path: Path
):
    cfg = listed(tmp_path, 2, train="ab", val="ab")
    cfg["model"]["classifier"] = dict(type="iclip.TextClassifier", class_texts=write("w", lines))
    problems = class_table_problems(cfg)
    assert len(problems) == len(told)
    for problem, part in zip(problems, told, strict=True):
        assert part in problem and "w.jsonl, model.classifier.class_texts" in problem
