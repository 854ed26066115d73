"""What data sets have read is logged once, and kept beside the run and in its checkpoints."""

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mmengine.config import Config
from torch import nn

from iclip.data_summary import DataSummary, load_summaries
from iclip.engine.hooks import LogDataSummaries, log_data_summaries
from iclip.engine.saving.checkpoint_meta import describe_run
from iclip.registry import DATASETS
from tests.support.fake_runner import fake_runner


def summary(number: int) -> DataSummary:
    return DataSummary("Reader", f"data/{number}", {"images": number})


def dataset(**numbers: int) -> Any:
    summaries = {name.strip("_"): summary(number) for name, number in numbers.items()}
    return SimpleNamespace(summaries=lambda: summaries)


def loop(data: Any) -> Any:
    return SimpleNamespace(dataloader=SimpleNamespace(dataset=data))


def loops(*data: Any) -> Any:
    return SimpleNamespace(dataloaders=[SimpleNamespace(dataset=part) for part in data])


def runner_of(folder: Path, **parts: Any) -> Any:
    return fake_runner(work_dir=str(folder), **{f"_{part}_loop": it for part, it in parts.items()})


def test_each_data_set_is_one_line_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    runner = runner_of(
        tmp_path, train=loop(dataset(labelled=1, pairs=2)), val=loops(dataset(_=3), dataset(_=4))
    )
    with caplog.at_level(logging.INFO):
        LogDataSummaries().before_train(runner)
    assert [record.message for record in caplog.records] == [
        "Data, train.labelled: Reader data/1: 1 image",
        "Data, train.pairs: Reader data/2: 2 images",
        "Data, val.0: Reader data/3: 3 images",
        "Data, val.1: Reader data/4: 4 images",
    ]


def test_the_same_is_kept_beside_the_run_and_in_checkpoints(tmp_path: Path):
    runner = runner_of(tmp_path, train=loop(dataset(_=1)), val=None)
    runner.model = nn.Identity()
    LogDataSummaries().before_train(runner)
    assert load_summaries(tmp_path / "data.json") == {"train": summary(1)}
    assert describe_run(runner)["data"] == {"train": summary(1).as_dict()}


def test_a_test_adds_to_what_the_training_told(tmp_path: Path):
    LogDataSummaries().before_train(runner_of(tmp_path, train=loop(dataset(_=1))))
    LogDataSummaries().before_test(runner_of(tmp_path, test=loop(dataset(_=2))))
    assert load_summaries(tmp_path / "data.json") == {"train": summary(1), "test": summary(2)}


def test_damaged_record_is_replaced(tmp_path: Path):
    (tmp_path / "data.json").write_text("{")
    LogDataSummaries().before_train(runner_of(tmp_path, train=loop(dataset(_=1))))
    assert load_summaries(tmp_path / "data.json") == {"train": summary(1)}


def test_data_sets_inside_others_are_found(tmp_path: Path):
    wrapped = SimpleNamespace(dataset=SimpleNamespace(datasets=[dataset(_=1), dataset(_=2)]))
    LogDataSummaries().before_train(runner_of(tmp_path, train=loop(wrapped)))
    assert load_summaries(tmp_path / "data.json") == {"train.0": summary(1), "train.1": summary(2)}


@pytest.mark.parametrize("train", [None, {"type": "ResumableTrainLoop"}, loop([1, 2])])
def test_data_sets_that_say_nothing_are_passed_over(tmp_path: Path, train: Any):
    LogDataSummaries().before_train(runner_of(tmp_path, train=train))
    assert not list(tmp_path.iterdir())


def test_what_a_check_has_read_stands_in_for_data_sets_that_say_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    checked = {"train": summary(7), "val": summary(8), "test": summary(9)}
    monkeypatch.setattr(log_data_summaries, "checked_data", lambda: checked)
    with caplog.at_level(logging.INFO):
        LogDataSummaries().before_train(
            runner_of(tmp_path, train=loop([1, 2]), val=loop(dataset(_=3)))
        )
    assert [record.message for record in caplog.records] == ["Data, val: Reader data/3: 3 images"]
    assert load_summaries(tmp_path / "data.json") == {"train": summary(7), "val": summary(3)}


def test_other_ranks_write_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(log_data_summaries, "is_main_process", lambda: False)
    LogDataSummaries().before_train(runner_of(tmp_path, train=loop(dataset(_=1))))
    assert not list(tmp_path.iterdir())


def test_data_sets_of_the_hub_say_what_they_read(tmp_path: Path):
    table = tmp_path / "pairs.tsv"
    table.write_text("filepath\tcaption\na.jpg\tone\n\nb.jpg\ttwo\n")
    tools = dict(
        image_transform=dict(type="ResizeCenterCrop", size=8),
        tokenizer=dict(type="CLIPTokenizer", context_length=16),
    )
    pairs = dict(type="ImageTextTable", table=str(table), **tools)
    mixed = DATASETS.build(dict(type="MixedSources", pairs=pairs))
    LogDataSummaries().before_train(runner_of(tmp_path, train=loop(mixed)))
    kept = load_summaries(tmp_path / "data.json")
    assert {place: str(kept[place]) for place in kept} == {
        "train.pairs": f"ImageTextTable {table}: 2 pairs; separated by a tab, double quotes quote "
        "fields; left out: 1 blank line (line 3)"
    }


@pytest.mark.parametrize("folder", ["configs", "downstream"])
def test_every_run_says_its_data(repo_root: Path, folder: str):
    file = repo_root / folder / "_base_" / "runtime.py"
    cfg = Config.fromfile(file, import_custom_modules=False)
    assert "LogDataSummaries" in [hook["type"].removeprefix("iclip.") for hook in cfg.custom_hooks]
