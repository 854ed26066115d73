"""Check label maps of mmseg's data sets: one per image, of its size, with known labels."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from mmseg.datasets import BaseSegDataset

from iclip.data_summary import DataSummary, Omission, omissions
from iclip.files.image_headers import image_size, map_header
from iclip.files.images import LeftOut, is_image_name
from iclip.findings import SHOWN_EXAMPLES, FileFindings
from iclip.messages import listing, one_line
from iclip.openmmlab.annotations.checked_data import CheckedData
from iclip.openmmlab.annotations.configured_data_sets import ConfiguredDataSet
from iclip.openmmlab.annotations.image_headers import turns_images
from iclip.openmmlab.annotations.label_map_values import check_labels, is_map_reader


def check_segmentation(source: ConfiguredDataSet, heads: Mapping[str, int]) -> CheckedData:
    """Check images and label maps of a data set: all names and headers, labels of a sample.

    Args:
        source: A data set whose class derives from mmseg's ``BaseSegDataset``.
        heads: Number of classes of the model's heads, by setting.
    """
    dataset = source.dataset
    folder = dataset.data_prefix.get("img_path") or ""
    found = FileFindings(f"Annotations: {folder} ({source.setting}.data_prefix.img_path)")
    entries = _listed(source, folder, found)
    if entries is None:
        return CheckedData(found.findings())
    left_out = _left_out(dataset, folder, entries, found)
    if not entries:
        what = f"no file ends in {dataset.img_suffix}" if not dataset.ann_file else "none is listed"
        found.faults.append(f"it holds no image of the data set: {what} ({source.setting})")
    counts = {"images": len(entries)}
    notes: tuple[str, ...] = ()
    pipeline = source.config.get("pipeline")
    labelled = all("seg_map_path" in entry for entry in entries)
    # Test sets whose labels are kept on a server have images only.
    if entries and labelled and (not pipeline or any(map(is_map_reader, pipeline))):
        usable = _check_headers(entries, turns_images(pipeline), found)
        _check_class_counts(source, heads, found)
        num_classes = min(heads.values(), default=len(dataset.metainfo.get("classes") or ()))
        decoded = check_labels(source, usable, num_classes, found) if num_classes else 0
        counts["label maps"] = len(usable)
        notes = (f"checked: sizes of all, labels of {decoded:,}",)
    summary = DataSummary(source.type_name, folder, counts, left_out, notes)
    return CheckedData(
        found.findings(),
        {source.place: summary},
        dataset.metainfo.get("classes"),
        frozenset(entry["img_path"] for entry in entries),
    )


def _listed(
    source: ConfiguredDataSet, folder: str, found: FileFindings
) -> list[dict[str, Any]] | None:
    """List a data set through its own class; None if that fails, which is noted."""
    dataset = source.dataset
    if not os.path.isdir(folder):
        # The check of all paths reports a missing root.
        if not dataset.data_root or os.path.isdir(dataset.data_root):
            found.faults.append("there is no such folder: correct data_prefix or data_root")
        return None
    if dataset.ann_file and not os.path.exists(dataset.ann_file):
        found.faults.append(f"there is no list {dataset.ann_file} ({source.setting}.ann_file)")
        return None
    return dataset.load_data_list()


def _left_out(
    dataset: BaseSegDataset,
    folder: str,
    entries: Sequence[Mapping[str, Any]],
    found: FileFindings,
) -> tuple[Omission, ...]:
    """Count the files that are not listed; images among them stop a run."""
    if dataset.ann_file and not os.path.isdir(dataset.ann_file):
        return ()  # a list of names leaves out other files on purpose
    # Masks may lie in the images' folder.
    listed = {
        entry[key] for entry in entries for key in ("img_path", "seg_map_path") if key in entry
    }
    left_out = LeftOut()
    others = []
    for place, _, files in os.walk(folder, followlinks=True):
        for file in files:
            path = os.path.join(place, file)
            if path in listed:
                continue
            if is_image_name(file):
                others.append(path)
            else:
                left_out.add(path)
    if others:
        suffixes = ", ".join(sorted({os.path.splitext(path)[1] for path in others}))
        names = [os.path.relpath(path, folder) for path in sorted(others)]
        found.faults.append(
            f"{len(others):,} of {len(entries) + len(others):,} images end in {suffixes}, the data "
            f"set reads {dataset.img_suffix} ({listing(names, SHOWN_EXAMPLES)}): rename or convert "
            "them, or set img_suffix"
        )
    return omissions(left_out)


def _check_headers(
    entries: Sequence[Mapping[str, Any]], turned: bool, found: FileFindings
) -> list[Mapping[str, Any]]:
    """Compare the headers of all images and maps; return the entries whose map has one channel."""
    unreadable, absent, broken, other_size, multichannel, usable = [], [], [], [], [], []
    for entry in entries:
        path, map_path = entry["img_path"], entry["seg_map_path"]
        try:
            size = image_size(path, turned)
        except (OSError, ValueError) as error:
            unreadable.append(f"{path}: {one_line(error)}")
            size = None
        try:
            width, height, count, _ = map_header(map_path)
        except FileNotFoundError:
            absent.append(map_path)
            continue
        except (OSError, ValueError) as error:
            broken.append(f"{map_path}: {one_line(error)}")
            continue
        if size is not None and size != (width, height):
            pair = f"{width} x {height}, the image {size[0]} x {size[1]}"
            other_size.append(f"{map_path} is {pair}")
        if count != 1:
            multichannel.append(f"{map_path}: {count} channels")
        else:
            usable.append(entry)
    found.fault("images that cannot be read", unreadable, "replace them")
    found.fault("missing label maps", absent, "add them, or remove their images")
    found.fault("label maps that cannot be read", broken, "replace them")
    found.fault("label maps of another size than their image", other_size, "make them equal")
    found.fault(
        "label maps of several channels",
        multichannel,
        "a map has one, with the number of the class",
    )
    return usable


def _check_class_counts(
    source: ConfiguredDataSet, heads: Mapping[str, int], found: FileFindings
) -> None:
    """Compare the number of the data set's classes with those of the model's heads."""
    classes = source.dataset.metainfo.get("classes")
    for place, count in heads.items() if classes else ():
        if count != len(classes):
            found.faults.append(
                f"{source.type_name} has {len(classes)} classes, the model {count}: set "
                f"{place}={len(classes)}, or {source.setting}.metainfo.classes to the model's"
            )
