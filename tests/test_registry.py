"""What a config's ``type`` finds in the hub's registries."""

import os
from typing import Any

import pytest
from mmengine.registry import Registry

from iclip.engine import OneLineLogProcessor, ResumableTrainLoop
from iclip.engine.hooks import LogDataSummaries, LogThroughput
from iclip.evaluation import ClassifierAccuracy
from iclip.registry import (
    DATASETS,
    HOOKS,
    LOG_PROCESSORS,
    LOOPS,
    METRICS,
    check_types,
    own_type,
)


@pytest.mark.parametrize("scope", ["", "iclip."])
@pytest.mark.parametrize(
    ("registry", "former_name", "type_"),
    [
        (LOOPS, "IterLoop", ResumableTrainLoop),
        (LOG_PROCESSORS, "TrainingLine", OneLineLogProcessor),
        (HOOKS, "Throughput", LogThroughput),
        (HOOKS, "SayData", LogDataSummaries),
        (METRICS, "HeadAccuracy", ClassifierAccuracy),
    ],
)
def test_former_name_of_a_type_is_the_type(
    registry: Registry, former_name: str, type_: type, scope: str
):
    assert registry.get(scope + former_name) is type_
    assert own_type(registry, scope + former_name) is type_


@pytest.mark.parametrize(
    ("registry", "former_name"),
    [(HOOKS, "Throughput"), (HOOKS, "SayData"), (METRICS, "HeadAccuracy")],
)
def test_former_name_of_a_type_builds(registry: Registry, former_name: str):
    assert isinstance(registry.build(dict(type=former_name)), own_type(registry, former_name))


def test_former_name_of_the_log_processor_builds():
    built = LOG_PROCESSORS.build(dict(type="TrainingLine", window_size=3))
    assert built.window_size == 3


@pytest.mark.parametrize("name", ["ConcatDataset", "mmdet.CocoDataset", "iclip.Misspelt", None, 3])
def test_types_that_the_hub_does_not_register_are_not_found(name: Any):
    assert own_type(DATASETS, name) is None


def test_description_of_own_types_passes():
    model = dict(type="iclip.ICLIP", backbone=dict(type="SwinBackbone"), sizes=[1, None])
    check_types(model, "meta['model']")
    check_types(dict(tokenizer=dict(type="CLIPTokenizer")), "meta['model']")


@pytest.mark.parametrize("name", ["os.system", "mmengine.BaseModel", "Absent", None, 3, os.system])
def test_description_of_another_type_is_refused_with_its_place(name: Any):
    model = dict(type="ICLIP", layers=[dict(type="SwinBackbone"), dict(type=name)])
    with pytest.raises(ValueError, match=r"a\.pth\.layers\.1\.type is .*could run code"):
        check_types(model, "a.pth")
