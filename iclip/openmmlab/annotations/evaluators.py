"""Check the annotation files that a config's metrics read."""

import os
from collections.abc import Collection, Sequence

from mmengine.config import Config

from iclip.evaluation.lvis_ap import LVISGroundTruth
from iclip.files.annotations import read_annotations
from iclip.findings import FileFindings, Findings
from iclip.openmmlab.annotations.categories import difference_of_labels
from iclip.openmmlab.annotations.configured_data_sets import (
    ConfiguredDataSet,
    configured_metrics,
)

_FREQUENCIES = {"r", "c", "f"}  # rare, common, frequent


def check_evaluators(
    cfg: Config, sources: Sequence[ConfiguredDataSet], faulty: Collection[str] = ()
) -> Findings:
    """Check the files that metrics read, and that they fit those of the data sets.

    Args:
        cfg: The run's config.
        sources: The config's data sets.
        faulty: Files whose faults have been found already.
    """
    findings, seen = Findings(), set(faulty)
    for place in ("val", "test"):
        setting = f"{place}_evaluator"
        for metric in configured_metrics(cfg, place):
            path = str(metric.get("ann_file") or "")
            if path in seen or not path.endswith(".json") or not os.path.isfile(path):
                continue  # the check of all paths reports missing files
            seen.add(path)
            found = FileFindings(f"Evaluation: {path} ({setting}.ann_file)")
            source = next((one for one in sources if one.place == place), None)
            if str(metric.get("type")).rpartition(".")[2] == "LVISBoxMetric":
                _check_lvis(path, found)
            if source is not None and source.dataset.ann_file != path and not found.faults:
                _compare_with_data_set(path, source, found)
            findings += found.findings()
    return findings


def _check_lvis(path: str, found: FileFindings) -> None:
    """Check that a file has what an evaluation on LVIS reads."""
    try:
        truth = LVISGroundTruth(path)
    except ValueError as error:
        found.faults.append(str(error))
        return
    without = [
        name
        for name, category in zip(truth.names, truth.content["categories"], strict=True)
        if category.get("frequency") not in _FREQUENCIES
    ]
    found.remark(
        'categories without a "frequency" of r, c or f',
        without,
        "they are in AP but not in APr, APc or APf",
    )


def _compare_with_data_set(path: str, source: ConfiguredDataSet, found: FileFindings) -> None:
    """Check that a metric's file knows the images and the labels of a data set's file."""
    try:
        metric_images, metric_categories = _images_and_categories(path)
        data_images, data_categories = _images_and_categories(source.dataset.ann_file)
    except (OSError, ValueError, KeyError, TypeError):  # the data set's check reports it
        return
    place = f"{source.dataset.ann_file} ({source.setting}.ann_file)"
    unknown = sorted(set(data_images) - set(metric_images))
    found.fault(f"images of {place} that are not in it", unknown, "name one file in both settings")
    difference = difference_of_labels((place, data_categories), (path, metric_categories))
    if difference:
        found.faults.append(difference)


def _images_and_categories(path: str) -> tuple[list[str], list[str]]:
    """Return the ids of a file's images and categories, in the file's order."""
    content = read_annotations(path)
    images, categories = content["images"], content["categories"]
    return [str(image["id"]) for image in images], [str(entry["id"]) for entry in categories]
