"""Results in words."""

from pathlib import Path
from typing import Any

import pytest

from iclip.report import score_words
from iclip.report.run import Run
from iclip.results import (
    Classification,
    Result,
    Retrieval,
    SetResult,
    Settings,
    Unread,
    UnreadImages,
)

DETECTION = {"default_scope": "mmdet"}
VIDEO = {
    "default_scope": "mmaction",
    "val_dataloader": {"dataset": {"pipeline": [{"type": "SampleFrames", "num_clips": 1}]}},
}


def scored(name: str = "", images: int | None = None, **changes: Any) -> SetResult:
    return SetResult((name,) if name else (), {f"{name}/top1": 1.0}, images, **changes)


def validated(config: dict[str, Any], scores: dict[str, float]) -> Run:
    result = Result("", (SetResult((), scores),), Settings(loader="val_dataloader"))
    return Run(Path("r"), "r", config, validation=result)


def test_main_scores_are_those_of_the_task_in_percent():
    run = validated(VIDEO, {"acc/mean1": 0.3, "acc/top5": 0.8, "acc/top1": 0.417})
    assert score_words.main_scores([run]) == "acc/top1 41.7, acc/top5 80.0"


def test_scores_of_seeds_are_mean_and_deviation():
    runs = [validated(DETECTION, {"lvis/AP": ap}) for ap in (10.0, 12.0, 14.0)]
    assert score_words.main_scores(runs) == "lvis/AP 12.0 ± 2.0"


def test_a_run_without_the_tasks_scores_shows_what_it_has():
    assert score_words.main_scores([validated(DETECTION, {"own": 3.0})]) == "own 3.0"


def test_a_run_without_scores_is_a_dash():
    assert score_words.main_scores([Run(Path("r"), "r")]) == "-"


@pytest.mark.parametrize(
    ("views", "words"),
    [((1, 1), "1 clip x 1 crop"), ((4, 3), "4 clips x 3 crops"), ((1, 3), "1 clip x 3 crops")],
)
def test_one_view_is_in_the_singular(views: tuple[int, int], words: str):
    assert score_words.views_in_words(views) == words


def test_recorded_views_come_before_those_of_the_config():
    run = Run(Path("r"), "r", VIDEO)
    recorded = Settings(loader="val_dataloader", views=(4, 3))
    assert score_words.views_of_evaluation(run, Result("video", (), recorded)) == (4, 3)
    only_config = Settings(loader="val_dataloader")
    assert score_words.views_of_evaluation(run, Result("video", (), only_config)) == (1, 1)


def test_evaluation_says_loader_views_precision_and_samples():
    settings = Settings(loader="test_dataloader", views=(4, 3), precision="fp32")
    result = Result("video", (scored("a", 19_796), scored("b", 5), scored("c")), settings)
    run = Run(Path("r"), "r", VIDEO, tests=(result,))
    expected = "test, 4 clips x 3 crops, fp32, 19,796 + 5 samples"
    assert score_words.how_evaluated(run, result) == expected


def test_a_test_on_the_validations_data_is_told_apart_from_a_validation():
    result = Result("detection", (), Settings(loader="val_dataloader"))
    run = Run(Path("r"), "r", DETECTION, tests=(result,))
    assert score_words.how_evaluated(run, result) == "tools/test.py on the validation's data"
    run = Run(Path("r"), "r", DETECTION, validation=result)
    assert score_words.how_evaluated(run, result) == "validation"


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (scored("dtd"), "not recorded"),
        (scored("dtd", 12), "12"),
        (scored("dtd", 12, expected=25_250), "12 of 25,250"),
        (
            scored("dtd", 12, expected=15,
                   unread=UnreadImages(broken=Unread(2), missing=Unread(1_000))),
            "12 of 15, 2 broken, 1,000 missing",
        ),
    ],
)  # fmt: skip
def test_images_are_counted_with_those_that_were_not_read(part: SetResult, words: str):
    assert score_words.counted_images(part) == words


@pytest.mark.parametrize(
    ("name", "label"),
    [("top1", "top1"), ("linear_probe", "linear probe"), ("4_shots", "4 per class")],
)
def test_a_tools_score_has_a_label(name: str, label: str):
    assert score_words.score_label(name) == label


@pytest.mark.parametrize(
    ("suite", "descriptions", "variant"),
    [
        ("toy", None, "name_description"),
        ("kornblith12", None, "name"),
        ("kornblith12", "own.jsonl", "name_description"),
    ],
)
def test_class_texts_of_named_suites_are_names_unless_a_table_was_given(
    suite: str, descriptions: str | None, variant: str
):
    detail = Classification(variant="name_description", descriptions=descriptions)
    part = scored("dtd", detail=detail)
    result = Result("zero-shot", (part,), suite=suite)
    assert score_words.class_text_variant(result, part) == variant


def test_retrieval_has_no_class_texts():
    part = scored("coco", detail=Retrieval())
    result = Result("retrieval", (part,), Settings(weights="abcdef0123"))
    assert score_words.class_text_variant(result, part) == ""
    assert score_words.fingerprints(result, part) == "weights abcdef01"


@pytest.mark.parametrize(
    ("templates", "prompts"), [(("a {}.",), "a {}."), (("a {}.", "the {}."), "2 prompts")]
)
def test_measuring_says_precision_size_texts_prompts_and_notes(
    templates: tuple[str, ...], prompts: str
):
    detail = Classification(variant="name_description", templates=templates, class_texts="0" * 64)
    part = scored("dtd", detail=detail, notes=("note",))
    result = Result("zero-shot", (part,), Settings(precision="bf16", image_size=224), suite="toy")
    expected = f"bf16, 224 pixels, class texts: name and description, {prompts}, note"
    assert score_words.how_measured(result, part) == expected
    assert score_words.fingerprints(result, part) == "class texts 00000000"
