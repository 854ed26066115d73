"""Where a recipe finds a run's settings."""

from pathlib import Path
from typing import Any

import pytest

from iclip.report.recipe_view import recipe_view
from iclip.report.run import Run
from iclip.settings import get_setting


def view_of(config: dict[str, Any] | None = None, *starts: dict[str, Any]) -> dict[str, Any]:
    return recipe_view(Run(Path("r"), "r", config or {}, starts=starts))


def training(*pipeline: dict[str, Any], **loader: Any) -> dict[str, Any]:
    return {"train_dataloader": {"dataset": {"pipeline": [*pipeline]}, **loader}}


def test_transforms_go_by_their_type_wherever_they_are_wrapped():
    resize = dict(type="RandomChoiceResize", scales=[(1333, 480), (1333, 800)])
    view = view_of(training(dict(type="RandomApply", transforms=[resize])))
    found = get_setting(view, "train_transforms.RandomChoiceResize.scales")
    assert found == [(1333, 480), (1333, 800)]


def test_the_first_of_a_type_counts():
    view = view_of(training(dict(type="Resize", scale=1), dict(type="Resize", scale=2)))
    assert view["train_transforms"]["Resize"]["scale"] == 1


def test_sides_are_those_of_all_scales():
    resize = dict(type="RandomChoiceResize", scales=[(1333, 480), (800, 1200), (1333, 640)])
    view = view_of(training(resize))
    assert (view["shorter_sides"], view["longer_side"]) == ((480, 800), 1333)


def test_what_the_config_does_not_say_is_none():
    view = view_of()
    names = ("train_transforms", "test_transforms", "shorter_sides", "longer_side",
             "global_batch", "norm_decay")  # fmt: skip
    assert {name: view[name] for name in names} == dict.fromkeys(names)


@pytest.mark.parametrize(
    ("starts", "batch"),
    [([], None), ([{}], None), ([{"processes": 8}], 16), ([{"processes": 8}, {"processes": 2}], 4)],
)
def test_global_batch_is_of_all_processes_of_the_last_start(starts: list, batch: int | None):
    assert view_of(training(batch_size=2), *starts)["global_batch"] == batch


@pytest.mark.parametrize(
    "paramwise",
    [
        {"norm_decay_mult": 0.0},
        {"custom_keys": {"norm": {"decay_mult": 0.0}}},
        {"norm": {"decay_mult": 0.0}},
    ],
)
def test_decay_of_norms_is_found_in_each_frameworks_spelling(paramwise: dict[str, Any]):
    assert view_of({"optim_wrapper": {"paramwise_cfg": paramwise}})["norm_decay"] == 0.0


@pytest.mark.parametrize(
    "schedule",
    [dict(type="PolyLR", power=1.0), [dict(type="LinearLR"), dict(type="PolyLR", power=1.0)]],
)
def test_schedules_go_by_their_type_one_or_several(schedule: object):
    assert view_of({"param_scheduler": schedule})["schedules"]["PolyLR"]["power"] == 1.0
