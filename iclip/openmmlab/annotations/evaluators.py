"""What the metrics of a config will need of the annotation files."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mmengine.config import Config

from iclip.annotation_files import read_annotations
from iclip.evaluation.lvis_ap import LVISGroundTruth
from iclip.findings import FileFindings, Findings
from iclip.openmmlab.annotations.categories import difference_of_labels
from iclip.openmmlab.annotations.configured_data_sets import ConfiguredDataSet

_FREQUENCIES = {"r", "c", "f"}


def check_evaluators(
    cfg: Config, sources: Sequence[ConfiguredDataSet], faulty: Collection[str] = ()
) -> Findings:
    """Check the files that metrics read, and that they are those of their data sets.

    Args:
        cfg: The run's config.
        sources: Its data sets.
        faulty: Files whose faults have been found already.
    """
    findings, seen = Findings(), set(faulty)
    for place in ("val", "test"):
        setting = f"{place}_evaluator"
        for metric in _metrics(cfg.get(setting)):
            path = metric.get("ann_file")
            if path is None or str(metric.get("type")).rpartition(".")[2] != "LVISBoxMetric":
                continue
            source = next((one for one in sources if one.place == place), None)
            if path not in seen:
                findings += _check_lvis(str(path), setting, source)
            seen.add(path)
    return findings


def _metrics(node: Any) -> list[Mapping[str, Any]]:
    nodes = node if isinstance(node, list | tuple) else [node]
    return [metric for metric in nodes if isinstance(metric, Mapping)]


def _check_lvis(path: str, setting: str, source: ConfiguredDataSet | None) -> Findings:
    """Check that an evaluation on LVIS can be made of a file and of a data set's predictions."""
    found = FileFindings(f"Evaluation: {path} ({setting}.ann_file)")
    try:
        truth = LVISGroundTruth(path)
    except FileNotFoundError:  # the check of all paths has said it
        return Findings()
    except ValueError as error:
        found.faults.append(str(error))
        return found.findings()
    without = [
        name
        for name, category in zip(truth.names, truth.content["categories"], strict=True)
        if category.get("frequency") not in _FREQUENCIES
    ]
    found.remark(
        'categories without a "frequency" of r, c or f',
        without,
        "they are in AP, and in none of APr, APc and APf",
    )
    if source is not None and source.dataset.ann_file != path:
        _compare_with_data_set(truth, source, found)
    return found.findings()


def _compare_with_data_set(
    truth: LVISGroundTruth, source: ConfiguredDataSet, found: FileFindings
) -> None:
    """Check that a metric's file knows the images and the labels of a data set's file."""
    try:
        content = read_annotations(source.dataset.ann_file)
        images = [image["id"] for image in content["images"]]
        ids = [category["id"] for category in content["categories"]]
    except (OSError, ValueError, KeyError, TypeError):  # said by the check of the data set
        return
    known = {image["id"] for image in truth.content["images"]}
    strange = [str(image) for image in images if image not in known]
    place = f"{source.dataset.ann_file} ({source.setting}.ann_file)"
    found.fault(f"images of {place} that are not in it", strange, "name one file in both settings")
    names = [str(id_) for id_ in ids], [str(id_) for id_ in truth.category_ids]
    difference = difference_of_labels((place, names[0]), (str(truth.path), names[1]))
    if difference:
        found.faults.append(difference)
