"""Folders of runs as training and the evaluation tools leave them."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from iclip.report.page import build_report
from iclip.report.page_elements import Section
from iclip.report.paper_protocol import SAMPLES_OF_HALF
from iclip.report.render import to_json
from iclip.results import ZERO_SHOT, Classification, Result, SetResult, Settings

SAMPLES = SAMPLES_OF_HALF

DETECTION = """
default_scope = 'mmdet'
model = dict(type='FasterRCNN', backbone=dict(checkpoint='a.pth', window_size=7),
    roi_head=dict(bbox_head=dict(num_classes=1203)))
train_cfg = dict(max_epochs=12)
train_dataloader = dict(batch_size=2, dataset=dict(oversample_thr=0.001, dataset=dict(pipeline=[
    dict(type='RandomChoiceResize', scales=[(1333, 480), (1333, 800)])])))
optim_wrapper = dict(optimizer=dict(type='AdamW', lr=0.0001, weight_decay=0.05))
"""
VIDEO = """
default_scope = 'mmaction'
model = dict(type='Recognizer3D', backbone=dict(arch='base', checkpoint='a.pth'))
val_dataloader = dict(dataset=dict(pipeline=[
    dict(type='SampleFrames', num_clips=1), dict(type='CenterCrop')]))
test_dataloader = dict(dataset=dict(pipeline=[
    dict(type='SampleFrames', num_clips=4), dict(type='ThreeCrop')]))
"""


def write_run(
    folder: Path, config: str = "", metrics: dict[str, Any] | None = None, **record: Any
) -> None:
    """What training leaves in a work dir."""
    log = folder / "20260101_000000/vis_data"
    log.mkdir(parents=True)
    (log / "config.py").write_text(config)
    lines = [{"train/loss": 4.0 - step / 50, "step": step, "train/lr": 1e-3} for step in (50, 100)]
    (log / "scalars.json").write_text("".join(json.dumps(line) + "\n" for line in lines))
    if metrics is not None:
        content = {"iteration": 100, "samples_seen": 0, "metrics": metrics} | record
        (folder / "metrics.json").write_text(json.dumps(content))


def pretraining(
    method: str = "ICLIP", ratio: str = "(50, 50)", data: str = "data", seed: int | None = None
) -> str:
    """The lines of a config that decide about the protocol."""
    return f"""
default_scope = 'iclip'
model = dict(type='{method}', backbone=dict(arch='tiny'))
train_dataloader = dict(
    batch_sampler=dict(ratio={ratio}),
    dataset=dict(labelled=dict(root='{data}/in21k/images'), pairs=dict(shards='{data}/yfcc14m')))
val_dataloader = [
    dict(dataset=dict(root='in1k/val', image_transform=dict(size=224))),
    dict(dataset=dict(annotations='coco.json', image_transform=dict(size=224)))]
randomness = dict(seed={seed})
"""


def measured(**changes: Any) -> dict[str, Any]:
    """How SaveMetrics says that ImageNet-1K and COCO were measured."""
    data = [
        {"names": ["imagenet1k"], "samples": 50_000, "place": "in1k/val"},
        {"names": ["coco"], "samples": 5_000, "place": "coco.json"},
    ]
    return {
        "loader": "val_dataloader", "views": None, "precision": "fp32", "processes": 8,
        "data": data,
    } | changes  # fmt: skip


def write_test(
    folder: Path, metrics: dict[str, Any], views: list[int] | None = None, **changes: Any
) -> None:
    """What a test leaves in the folder of the checkpoint's run."""
    file = folder / "test_results.json"
    earlier = json.loads(file.read_text()) if file.is_file() else []
    record = {
        "tested": f"2026-01-0{len(earlier) + 1}T00:00:00", "command": "test.py",
        "checkpoint": {"file": f"{folder}/latest.pth", "sha256": "ab" * 32},
        "iteration": 100, "samples_seen": 0, "metrics": metrics,
        "measured": measured(loader="test_dataloader", views=views, data=[]),
    } | changes  # fmt: skip
    file.write_text(json.dumps([*earlier, record]))


def zero_shot(
    model: str, suite: str, results: dict[str, dict[str, Any]], **settings: Any
) -> Result:
    """A result of tools/zeroshot.py, where everything conforms unless told otherwise."""
    shared = Settings(
        checkpoint="cd" * 32, weights=hashlib.sha256(model.encode()).hexdigest(), method="ICLIP",
        samples_seen=SAMPLES, device="cpu", precision="fp32", image_size=224, resize=256,
        features="projection",
    )  # fmt: skip
    return Result(
        ZERO_SHOT,
        tuple(conforming_set(name, suite, **changes) for name, changes in results.items()),
        settings=replace(shared, **settings),
        model=model,
        suite=suite,
    )


def conforming_set(
    name: str,
    suite: str,
    value: float,
    metric: str = "top1",
    descriptions: str | None = None,
    **changes: Any,
) -> SetResult:
    """A data set of which all 100 images were read."""
    detail = Classification(
        variant="name_description", templates=("a photo of a {}.",), class_texts="ef" * 32,
        descriptions=descriptions,
    )  # fmt: skip
    whole = SetResult(
        (name,), {f"{name}/{metric}": value}, 100, 100, split="test",
        protocol=f"{suite}/{name}", detail=detail,
    )  # fmt: skip
    return replace(whole, **changes)


def sections(*folders: Path) -> dict[str, Any]:
    """The report's sections as JSON has them."""
    content = json.loads(to_json(build_report(folders)))
    return {section["id"]: section for section in content["sections"]}


def section(folder: Path, id_: str = "classes") -> Section:
    """One section."""
    return next(part for part in build_report([folder]).sections if part.id == id_)


def row(table: dict[str, Any], start: str) -> list[str]:
    """The first row whose header starts with some words."""
    return next(cells for cells in table["rows"] if cells[0].startswith(start))


def problems(*folders: Path) -> list[list[str]]:
    """What the report lists as not there or not readable."""
    tables = sections(*folders)["provenance"]["tables"]
    return next((t["rows"] for t in tables if t["caption"].startswith("Not there")), [])
