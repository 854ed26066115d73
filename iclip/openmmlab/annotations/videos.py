"""Check lists of videos of mmaction's data sets: labels in range, files there and not empty."""

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from mmaction.datasets import VideoDataset

from iclip.data_summary import DataSummary
from iclip.datasets.readers.video_list import VideoList, read_video_list
from iclip.findings import FileFindings
from iclip.messages import one_line
from iclip.openmmlab.annotations.checked_data import CheckedData
from iclip.openmmlab.annotations.configured_data_sets import ConfiguredDataSet
from iclip.openmmlab.annotations.image_headers import evenly_spaced
from iclip.openmmlab.class_names import LABEL_FILE, label_file
from iclip.openmmlab.video.frames import check_opens
from iclip.openmmlab.video.official_test_videos import OfficialTestVideos
from iclip.openmmlab.video.skip_broken_videos import SkipBrokenVideos

SAMPLE = 16  # videos of which a frame is decoded


def check_videos(source: ConfiguredDataSet, heads: Mapping[str, int]) -> CheckedData:
    """Check a list of videos and the files that it names.

    Args:
        source: A data set whose class derives from mmaction's ``VideoDataset``.
        heads: Number of classes of the model's heads, by setting.
    """
    dataset = source.dataset
    path = dataset.ann_file
    found = FileFindings(f"Annotations: {path} ({source.setting}.ann_file)")
    entries = _listed(source, found)
    if entries is None:
        return CheckedData(found.findings())
    # Official splits number their own classes, which a test gives to the model.
    num_classes = (
        None if isinstance(dataset, OfficialTestVideos) else min(heads.values(), default=None)
    )
    _check_labels(entries, num_classes, found)
    files = [entry["filename"] for entry in entries]
    _check_repeated(entries, found)
    num_opened = _check_files(files, found)
    names = _names(dataset, num_classes, found)
    labels = {label for entry in entries for label in _labels(entry)}
    counts = {"videos": len(entries), "classes": len(labels)}
    notes = (f"checked: all files, {num_opened:,} of them opened",)
    summary = DataSummary(source.type_name, path, counts, notes=notes)
    return CheckedData(found.findings(), {source.place: summary}, names, frozenset(files))


def _names(dataset: VideoDataset, num_classes: int | None, found: FileFindings) -> list[str] | None:
    """Find the names of the classes; None if no file says them."""
    if isinstance(dataset, OfficialTestVideos):
        return dataset.class_names()
    names = label_file(dataset.ann_file)
    if names is not None and num_classes is not None and len(names) != num_classes:
        place = os.path.join(os.path.dirname(dataset.ann_file), LABEL_FILE)
        found.remarks.append(
            f"{place} has {len(names)} names, the model {num_classes} classes: the names are not "
            "used"
        )
    return names


def _listed(source: ConfiguredDataSet, found: FileFindings) -> list[dict[str, Any]] | None:
    """List a data set through its own class; None if that fails, which is noted."""
    dataset = source.dataset
    if isinstance(dataset, OfficialTestVideos):
        return _of_splits(dataset, found)
    if not os.path.isfile(dataset.ann_file):
        # The check of all paths reports a missing folder.
        if os.path.isdir(os.path.dirname(dataset.ann_file) or "."):
            found.faults.append("there is no such file: correct ann_file")
        return None
    try:
        listed = read_video_list(dataset.ann_file, dataset.delimiter, dataset.multi_class)
    except ValueError as error:
        found.faults.append(str(error))
        return None
    if not listed.videos and not listed.malformed:
        found.faults.append("it lists no video")
        return None
    if listed.malformed:
        _note_malformed(dataset, listed, found)
    if isinstance(dataset, SkipBrokenVideos):
        return None if listed.malformed else dataset.load_data_list()
    try:
        return dataset.load_data_list()
    except ValueError:  # mmaction's own class names no line
        lines = [
            f"line {video.line} {video.name!r}"
            for video in listed.videos
            if dataset.delimiter in video.name
        ]
        found.fault(
            f"lines that {source.type_name} cannot split because of blanks in the name",
            lines,
            f"set {source.setting}.type=SkipBrokenVideos, which splits each line at its last blank",
        )
        if not found.faults:
            found.faults.append(f"{source.type_name} cannot read it: write 'file label' per line")
        return None


def _of_splits(dataset: OfficialTestVideos, found: FileFindings) -> list[dict[str, Any]] | None:
    """List the videos of official splits; None if that fails, which is noted."""
    try:
        return dataset.load_data_list()
    except (OSError, ValueError) as error:
        found.faults.append(str(error))
        return None


def _note_malformed(dataset: VideoDataset, listed: VideoList, found: FileFindings) -> None:
    """Say which lines have no label, and what kind of file it probably is."""
    lines = [f"line {number} {text[:60]!r}" for number, text in listed.malformed]
    if listed.kinetics_csv:
        found.faults.append(
            "it is Kinetics' table (label, youtube_id, ...), not a list of files: write "
            "'file label' per line, the label a number from 0"
        )
        return
    commas = all(text.rpartition(",")[2].strip().isdecimal() for _, text in listed.malformed)
    hint = f"write 'file{dataset.delimiter}label' per line"
    if commas and dataset.delimiter == " ":
        hint = "set the data set's delimiter=',', or write a blank in place of the comma"
    found.fault("lines without a label after the file's name", lines, hint)


def _labels(entry: Mapping[str, Any]) -> list[int]:
    """Return the labels of a video, which has a list of them in a multi-label data set."""
    return entry["label"] if isinstance(entry["label"], list) else [entry["label"]]


def _check_labels(
    entries: Sequence[Mapping[str, Any]], num_classes: int | None, found: FileFindings
) -> None:
    outside = [
        f"{label} of {entry['filename']}"
        for entry in entries
        for label in _labels(entry)
        if label < 0 or (num_classes is not None and label >= num_classes)
    ]
    classes = f"0 to {num_classes - 1}" if num_classes is not None else "0 and above"
    found.fault(f"labels outside {classes}", outside, "number the classes from 0")


def _check_repeated(entries: Sequence[Mapping[str, Any]], found: FileFindings) -> None:
    """Note videos that are listed more than once."""
    if len({entry["filename"] for entry in entries}) == len(entries):
        return
    labels = defaultdict(list)
    for entry in entries:
        labels[entry["filename"]].append(sorted(_labels(entry)))
    repeated = {name: lines for name, lines in labels.items() if len(lines) > 1}
    several = [name for name, lines in repeated.items() if any(one != lines[0] for one in lines)]
    found.fault("videos on several lines with different labels", several, "keep one line of each")
    same = [name for name in repeated if name not in set(several)]
    found.remark("videos on several lines with the same label", same, "each line counts")


def _check_files(files: Sequence[str], found: FileFindings) -> int:
    """Check that files exist and are not empty, and open a sample; return how many opened."""
    absent, folders, empty, there = [], [], [], []
    for file in dict.fromkeys(files):
        try:
            state = os.stat(file)
        except OSError:
            absent.append(file)
            continue
        if os.path.isdir(file):
            folders.append(file)
        elif state.st_size == 0:
            empty.append(file)
        else:
            there.append(file)
    found.fault("missing videos", absent, "fetch them, correct data_prefix, or remove the lines")
    found.fault("videos that are folders", folders, "RawframeDataset reads folders of frames")
    found.fault("videos that are empty files", empty, "fetch them anew, or remove the lines")
    sample = [there[position] for position in evenly_spaced(len(there), SAMPLE)]
    unopened = []
    for file in sample:
        try:
            check_opens(file)
        except (OSError, ValueError) as error:
            unopened.append(f"{file}: {one_line(error)}")
    what = f"videos that do not open, of {len(sample):,} tried"
    if len(unopened) == len(sample):
        found.fault(what, unopened, "are these video files?")
    else:
        found.remark(what, unopened, "training draws other videos in their place, testing stops")
    return len(sample) - len(unopened)
