"""The order of the runs, and their table."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

from iclip.benchmarks.toy.open_vocabulary import (
    CLASSIFIERS,
    TASKS,
    OpenRun,
    open_vocabulary_table,
    planned_runs,
)
from iclip.settings import walk_settings
from iclip.tasks import DETECTION, SEGMENTATION, VIDEO


def write_metrics(root: Path, run: OpenRun, metrics: dict[str, float]) -> None:
    folder = run.folder(root)
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text(json.dumps({"iteration": 3, "metrics": metrics}))


def cells_of(table: str, start: str) -> list[str]:
    (line,) = (line for line in table.splitlines() if line.startswith(start))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_first_seeds_of_all_classifiers_come_before_the_second_ones():
    runs = list(planned_runs([VIDEO, DETECTION], ["text", "linear"], 2))
    assert [(run.task, run.seed, run.classifier) for run in runs] == [
        (task, seed, classifier)
        for task in (VIDEO, DETECTION)
        for seed in (0, 1)
        for classifier in ("text", "linear")
    ]
    assert len({run.folder(Path()) for run in runs}) == len(runs)


def test_figures_are_in_percent_with_mean_and_sample_deviation(tmp_path: Path):
    runs = list(planned_runs(TASKS, CLASSIFIERS, 3))
    for seed, value in enumerate((0.5, 0.54)):  # mmaction's figures are shares
        metrics = {"acc/top1": 0.9, "acc/top1_seen": value, "acc/top1_new_word": 0.25}
        write_metrics(tmp_path, OpenRun(VIDEO, "text", seed), metrics)
    write_metrics(tmp_path, OpenRun(DETECTION, "names", 0), {"lvis/AP_new_combination": 0.5})
    write_metrics(tmp_path, OpenRun(SEGMENTATION, "linear", 2), {"mIoU_new_word": 0.0})
    table = open_vocabulary_table(tmp_path, runs)
    assert len(table.splitlines()) == 2 + 3 * 3
    assert cells_of(table, "| video, top-1 | text, names and")[2:] == [
        *("52.0 ± 2.8", "-", "25.0 ± 0.0", "2"),
    ]
    assert cells_of(table, "| detection, box AP | text, names only")[2:] == ["-", "0.5", "-", "1"]
    assert cells_of(table, "| segmentation, mIoU | linear")[2:] == ["-", "-", "0.0", "1"]
    assert cells_of(table, "| segmentation, mIoU | text, names only")[2:] == ["-", "-", "-", "0"]


# What the classifiers of a task do not share, by the beginnings of the settings' names. F-VLM's
# second score is of texts, too.
OWN = {
    DETECTION: ("model.type", "model.roi_head.type", "model.roi_head.image_",
                "model.roi_head.bbox_head.type", "model.roi_head.bbox_head.cls_predictor_cfg"),
    VIDEO: ("model.cls_head.type", "model.cls_head.classifier"),
    SEGMENTATION: ("model.decode_head.type", "model.decode_head.classifier",
                   "model.decode_head.tested_classes", "model.decode_head.pooled_weights",
                   # It has an output of each tested class, and labels are those of all.
                   "model.decode_head.num_classes", "model.decode_head.loss_cls.class_weight",
                   "train_dataloader.dataset.keep_labels"),
}  # fmt: skip


@cache
def settings(task: str, classifier: str) -> dict[str, Any]:
    """What a run's config says of model, data and budget, value by value."""
    cfg = Config.fromfile(f"downstream/toy/{OpenRun(task, classifier, 0).config}.py")
    parts = ("model", "train_dataloader", "val_dataloader", "val_evaluator", "optim_wrapper",
             "param_scheduler", "train_cfg", "custom_hooks", "default_hooks")  # fmt: skip
    walked = {k: v for part in parts for k, v in walk_settings(cfg[part], part)}
    return {k: v for k, v in walked.items() if not isinstance(v, dict | list)}


@pytest.mark.parametrize("task", OWN)
@pytest.mark.parametrize("control", ["names", "linear"])
def test_controls_differ_in_the_classifier_alone(task: str, control: str):
    ours, theirs = settings(task, "text"), settings(task, control)
    different = {k for k in ours | theirs if ours.get(k) != theirs.get(k)}
    assert all(k.startswith(OWN[task]) for k in different)
    assert any("variant" in k for k in different)


def test_each_run_has_a_shipped_config(repo_root: Path):
    for run in planned_runs(TASKS, CLASSIFIERS, 1):
        assert (repo_root / f"downstream/toy/{run.config}.py").is_file()
