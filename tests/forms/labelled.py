"""Images and clips with a class each, in the forms in which tools write them."""

from collections.abc import Sequence
from pathlib import Path

from tests.forms.subjects import Clip, Subject, divided
from tests.forms.writing import NAMES, copied, roboflow_parts, write_lines


def by_class(root: Path, samples: Sequence[Subject] | Sequence[Clip], suffix: str) -> None:
    """Write a folder per class."""
    for number, sample in enumerate(samples):
        copied(sample.file, root / sample.name / f"{number}{suffix}")


def by_part_and_class(root: Path, samples: Sequence[Subject] | Sequence[Clip], suffix: str) -> None:
    """Write a folder per class below each part."""
    for part, of_part in divided(samples)._asdict().items():
        by_class(root / part, of_part, suffix)


def image_folder(root: Path, subjects: Sequence[Subject]) -> None:
    """A folder per class below each part: torchvision's ImageFolder, and Ultralytics' classes."""
    by_part_and_class(root, subjects, ".JPEG")


def class_folders(root: Path, subjects: Sequence[Subject]) -> None:
    """A folder per class, without parts."""
    by_class(root, subjects, ".jpg")


def table(root: Path, subjects: Sequence[Subject]) -> None:
    """A CSV of files, labels and parts."""
    rows = []
    for part, of_part in divided(subjects)._asdict().items():
        for number, subject in enumerate(of_part):
            copied(subject.file, root / f"images/{part}_{number}.jpg")
            rows.append(f"images/{part}_{number}.jpg,{subject.name},{part}")
    write_lines(root / "labels.csv", ["file,label,split", *rows])


def kaggle_table(root: Path, subjects: Sequence[Subject]) -> None:
    """A table of ids, which the images have as names, beside images without labels."""
    for number, subject in enumerate(subjects):
        copied(subject.file, root / f"train/{number:08x}.jpg")
    rows = [f"{number:08x},{subject.name}" for number, subject in enumerate(subjects)]
    write_lines(root / "labels.csv", ["id,breed", *rows])


def roboflow(root: Path, subjects: Sequence[Subject]) -> None:
    """Roboflow's "Multi Label Classification": a column per class."""
    for folder, named in roboflow_parts(root, subjects):
        rows = []
        for stem, subject in named:
            copied(subject.file, folder / f"{stem}.jpg")
            marks = ("01"[subject.name == name] for name in NAMES)
            rows.append(", ".join([f"{stem}.jpg", *marks]))
        write_lines(folder / "_classes.csv", [", ".join(["filename", *NAMES]), *rows])


def tiny_imagenet(root: Path, subjects: Sequence[Subject]) -> None:
    """Tiny-ImageNet: folders of training, a list of validation, a test part without classes."""
    parts = divided(subjects)
    for number, subject in enumerate(parts.train):
        copied(subject.file, root / f"train/{subject.name}/images/{number}.JPEG")
    lines = []
    for number, subject in enumerate(parts.val):
        copied(subject.file, root / f"val/images/val_{number}.JPEG")
        lines.append(f"val_{number}.JPEG\t{subject.name}\t0\t0\t9\t9")
    write_lines(root / "val/val_annotations.txt", lines)
    copied(subjects[0].file, root / "test/images/test_0.JPEG")
    write_lines(root / "wnids.txt", NAMES)


def clip_folders(root: Path, clips: Sequence[Clip]) -> None:
    """A folder per class below each part."""
    by_part_and_class(root, clips, ".mp4")


def clip_folders_without_parts(root: Path, clips: Sequence[Clip]) -> None:
    """A folder per class."""
    by_class(root, clips, ".mp4")


def clip_lists(root: Path, clips: Sequence[Clip]) -> None:
    """MMAction2's lists: `file label` per line, numbers, and names in labels.txt."""
    names = sorted({clip.name for clip in clips})
    for part, of_part in divided(clips)._asdict().items():
        lines = []
        for number, clip in enumerate(of_part):
            copied(clip.file, root / f"videos_{part}/{number}.mp4")
            lines.append(f"{number}.mp4 {names.index(clip.name)}")
        write_lines(root / f"{part}.txt", lines)
    write_lines(root / "labels.txt", names)


def clip_table(root: Path, clips: Sequence[Clip]) -> None:
    """A CSV of files, labels and parts."""
    rows = []
    for part, of_part in divided(clips)._asdict().items():
        for number, clip in enumerate(of_part):
            copied(clip.file, root / f"clips/{part} {number}.mp4")
            rows.append(f"{part} {number}.mp4,{clip.name},{part}")
    write_lines(root / "clips.csv", ["file,label,split", *rows])


def kinetics(root: Path, clips: Sequence[Clip]) -> None:
    """Kinetics' tables, of which some clips are no longer there."""
    for part, of_part in divided(clips)._asdict().items():
        rows = [f"{clip.name},lost{part}{n},0,10,{part}" for n, clip in enumerate(of_part[:2])]
        for number, clip in enumerate(of_part):
            video = f"-_{part}{number:06}"
            copied(clip.file, root / f"{part}/{clip.name}/{video}_000010_000020.mp4")
            rows.append(f"{clip.name},{video},10,20,{part}")
        write_lines(root / f"{part}.csv", ["label,youtube_id,time_start,time_end,split", *rows])


def ucf101(root: Path, clips: Sequence[Clip]) -> None:
    """UCF-101: ucfTrainTestlist/ beside UCF-101/."""
    folders = {name: name.title().replace(" ", "") for name in sorted({c.name for c in clips})}
    parts, lists = divided(clips), root / "ucfTrainTestlist"
    write_lines(
        lists / "classInd.txt", [f"{n} {name}" for n, name in enumerate(folders.values(), 1)]
    )
    lines: dict[str, list[str]] = {"train": [], "test": []}
    for role, of_role in (("train", parts.train), ("test", parts.val)):
        for number, clip in enumerate(of_role):
            folder = folders[clip.name]
            name = f"{folder}/v_{folder}_g{number:02}_{role}.mp4"
            copied(clip.file, root / "UCF-101" / name)
            label = f" {list(folders).index(clip.name) + 1}" if role == "train" else ""
            lines[role].append(name + label)
    for split in (1, 2, 3):
        for role in lines:
            write_lines(lists / f"{role}list0{split}.txt", lines[role])


def hmdb51(root: Path, clips: Sequence[Clip]) -> None:
    """HMDB-51: a list per class and split, with 1 for training and 2 for testing."""
    parts = divided(clips)
    lines: dict[str, list[str]] = {}
    for role, of_role in ((1, parts.train), (2, parts.val)):
        for number, clip in enumerate(of_role):
            folder = clip.name.replace(" ", "_")
            copied(clip.file, root / f"hmdb51_org/{folder}/a_{role}_{number}.mp4")
            lines.setdefault(folder, []).append(f"a_{role}_{number}.mp4 {role} ")
    for folder, of_class in lines.items():
        for split in (1, 2, 3):
            name = f"{folder}_test_split{split}.txt"
            write_lines(root / "testTrainMulti_7030_splits" / name, of_class)
