"""Boxes in the forms in which tools write them."""

from collections.abc import Callable, Sequence
from pathlib import Path

from tests.forms.subjects import Subject, divided
from tests.forms.writing import (
    NAMES,
    coco,
    copied,
    roboflow_parts,
    write_json,
    write_lines,
    yolo_box,
    yolo_polygon,
)


def coco_own(root: Path, subjects: Sequence[Subject]) -> None:
    """COCO 2017 as it is handed out."""
    for part, of_part in divided(subjects)._asdict().items():
        files = [f"{number:012}.jpg" for number in range(len(of_part))]
        for subject, file in zip(of_part, files, strict=True):
            copied(subject.file, root / f"{part}2017" / file)
        write_json(root / f"annotations/instances_{part}2017.json", coco(of_part, files))


def coco_roboflow(root: Path, subjects: Sequence[Subject]) -> None:
    """Roboflow's "COCO": a category 0 over the classes, which no box has."""
    for folder, named in roboflow_parts(root, subjects):
        for name, subject in named:
            copied(subject.file, folder / f"{name}.jpg")
        content = coco([subject for _, subject in named], [f"{name}.jpg" for name, _ in named])
        categories = [{**entry, "supercategory": "animals"} for entry in content["categories"]]
        content["categories"] = [dict(id=0, name="animals", supercategory="none"), *categories]
        write_json(folder / "_annotations.coco.json", content)
    write_lines(root / "README.roboflow.txt", ["animals - v1", "Exported via roboflow.com"])


def coco_cvat(root: Path, subjects: Sequence[Subject]) -> None:
    """CVAT's "COCO 1.0" with images, of a task without subsets."""
    files = [f"frame_{number:06}.jpg" for number in range(len(subjects))]
    for subject, file in zip(subjects, files, strict=True):
        copied(subject.file, root / "images/default" / file)
    write_json(root / "annotations/instances_default.json", coco(subjects, files))


def coco_label_studio(root: Path, subjects: Sequence[Subject]) -> None:
    """Label Studio's "COCO": result.json, with backslashes where it ran on Windows."""
    files = [f"{number:08x}-bird_or_dog.jpg" for number in range(len(subjects))]
    for subject, file in zip(subjects, files, strict=True):
        copied(subject.file, root / "images" / file)
    write_json(root / "result.json", coco(subjects, [f"images\\{file}" for file in files], 0))


def lvis(root: Path, subjects: Sequence[Subject]) -> None:
    """LVIS v1 beside COCO's images, which its URLs name."""
    for part, of_part in divided(subjects)._asdict().items():
        files = [f"{number:012}.jpg" for number in range(len(of_part))]
        content = coco(of_part, files)
        for subject, image in zip(of_part, content["images"], strict=True):
            file = f"{part}2017/{image.pop('file_name')}"
            copied(subject.file, root / file)
            image.update(coco_url=f"http://images.cocodataset.org/{file}", neg_category_ids=[],
                         not_exhaustive_category_ids=[])  # fmt: skip
        for category, frequency in zip(content["categories"], "rf", strict=True):
            category.update(frequency=frequency, synset=f"{category['name']}.n.01",
                            synonyms=[category["name"]], image_count=9)  # fmt: skip
            category["def"] = "an animal"
        write_json(root / f"lvis_v1_{part}.json", content)


def yolo_ultralytics(root: Path, subjects: Sequence[Subject]) -> None:
    """Ultralytics' own form: images/ beside labels/, names as a map."""
    write_yolo(root, subjects, yolo_box)


def write_yolo(root: Path, subjects: Sequence[Subject], line: Callable[[Subject], str]) -> None:
    """Write images/PART and labels/PART."""
    for part, of_part in divided(subjects)._asdict().items():
        for number, subject in enumerate(of_part):
            copied(subject.file, root / f"images/{part}/{number}.jpg")
            write_lines(root / f"labels/{part}/{number}.txt", [line(subject)])
    names = [f"  {number}: {name}" for number, name in enumerate(NAMES)]
    write_lines(root / "data.yaml", ["path: .", "train: images/train", "val: images/val", "",
                                     "names:", *names])  # fmt: skip


def yolo_roboflow(root: Path, subjects: Sequence[Subject]) -> None:
    """Roboflow's "YOLOv8", whose paths begin with ../ and mean beside the file."""
    for folder, named in roboflow_parts(root, subjects):
        for name, subject in named:
            copied(subject.file, folder / f"images/{name}.jpg")
            write_lines(folder / f"labels/{name}.txt", [yolo_box(subject)])
    write_lines(root / "data.yaml", [
        "train: ../train/images", "val: ../valid/images", "test: ../test/images", "",
        f"nc: {len(NAMES)}", f"names: {NAMES}", "", "roboflow:", "  workspace: me", "  version: 1",
    ])  # fmt: skip


def yolo_label_studio(root: Path, subjects: Sequence[Subject]) -> None:
    """Label Studio's "YOLO with images": no parts, and names in classes.txt."""
    for number, subject in enumerate(subjects):
        name = f"{number:08x}-bird_or_dog"
        copied(subject.file, root / f"images/{name}.jpg")
        write_lines(root / f"labels/{name}.txt", [yolo_box(subject)])
    write_lines(root / "classes.txt", NAMES)
    write_json(root / "notes.json", {"categories": [], "info": {"contributor": "Label Studio"}})


def yolo_cvat(root: Path, subjects: Sequence[Subject]) -> None:
    """CVAT's "YOLO 1.1", darknet's form."""
    for number, subject in enumerate(subjects):
        copied(subject.file, root / f"obj_train_data/frame_{number:06}.jpg")
        write_lines(root / f"obj_train_data/frame_{number:06}.txt", [yolo_box(subject)])
    names = [f"data/obj_train_data/frame_{number:06}.jpg" for number in range(len(subjects))]
    write_lines(root / "train.txt", names)
    write_lines(root / "obj.names", NAMES)
    write_lines(root / "obj.data", [f"classes = {len(NAMES)}", "train = data/train.txt",
                                    "names = data/obj.names", "backup = backup/"])  # fmt: skip


def yolo_cvat_ultralytics(root: Path, subjects: Sequence[Subject]) -> None:
    """CVAT's "Ultralytics YOLO Detection 1.0": lists of images in place of folders."""
    for number, subject in enumerate(subjects):
        copied(subject.file, root / f"images/train/frame_{number:06}.jpg")
        write_lines(root / f"labels/train/frame_{number:06}.txt", [yolo_box(subject)])
    names = [f"data/images/train/frame_{number:06}.jpg" for number in range(len(subjects))]
    write_lines(root / "train.txt", names)
    write_lines(root / "data.yaml", ["names:", *(f"  {n}: {name}" for n, name in enumerate(NAMES)),
                                     "path: .", "train: train.txt"])  # fmt: skip


def yolo_segments(root: Path, subjects: Sequence[Subject]) -> None:
    """Ultralytics' labels of segmentation, whose boxes a detector learns."""
    write_yolo(root, subjects, yolo_polygon)


def voc_own(root: Path, subjects: Sequence[Subject]) -> None:
    """Pascal VOC as torchvision's VOCDetection unpacks it."""
    home = root / "VOCdevkit/VOC2012"
    for part, of_part in divided(subjects)._asdict().items():
        names = [f"2007_{part}{number:03}" for number in range(len(of_part))]
        for subject, name in zip(of_part, names, strict=True):
            copied(subject.file, home / f"JPEGImages/{name}.jpg")
            write_lines(home / f"Annotations/{name}.xml", [voc_xml(subject, f"{name}.jpg")])
        write_lines(home / f"ImageSets/Main/{part}.txt", names)
        for class_name in NAMES:  # beside the lists of images, one per class with 1 and -1
            marks = [f"{name} {1 if subject.name == class_name else -1:2}"
                     for subject, name in zip(of_part, names, strict=True)]  # fmt: skip
            write_lines(home / f"ImageSets/Main/{class_name}_{part}.txt", marks)


def voc_roboflow(root: Path, subjects: Sequence[Subject]) -> None:
    """Roboflow's "Pascal VOC": an XML file beside each image."""
    for folder, named in roboflow_parts(root, subjects):
        for name, subject in named:
            copied(subject.file, folder / f"{name}.jpg")
            write_lines(folder / f"{name}.xml", [voc_xml(subject, f"{name}.jpg")])


def voc_cvat(root: Path, subjects: Sequence[Subject]) -> None:
    """CVAT's "PASCAL VOC 1.1": coordinates with fractions, default.txt, and labelmap.txt."""
    names = [f"frame_{number:06}" for number in range(len(subjects))]
    for subject, name in zip(subjects, names, strict=True):
        copied(subject.file, root / f"JPEGImages/{name}.jpg")
        write_lines(root / f"Annotations/{name}.xml", [voc_xml(subject, f"{name}.jpg", 0.25)])
    write_lines(root / "ImageSets/Main/default.txt", names)
    colors = [f"{name}:128,0,{number}::" for number, name in enumerate(NAMES)]
    header = "# label:color_rgb:parts:actions"
    write_lines(root / "labelmap.txt", [header, "background:0,0,0::", *colors])


def voc_label_img(root: Path, subjects: Sequence[Subject]) -> None:
    """LabelImg in one folder, with paths of another machine inside."""
    for number, subject in enumerate(subjects):
        copied(subject.file, root / f"DSC {number:04}.JPG")
        xml = voc_xml(subject, f"DSC {number:04}.JPG", path="C:\\Users\\me\\Pictures")
        write_lines(root / f"DSC {number:04}.xml", [xml])


def voc_label_studio(root: Path, subjects: Sequence[Subject]) -> None:
    """Label Studio's "Pascal VOC XML": names without extension in the files."""
    for number, subject in enumerate(subjects):
        name = f"{number:08x}-bird_or_dog"
        copied(subject.file, root / f"images/{name}.jpg")
        write_lines(root / f"Annotations/{name}.xml", [voc_xml(subject, name)])


def voc_xml(subject: Subject, filename: str, shift: float = 0, path: str = "") -> str:
    """Return Pascal VOC's annotation: pixels are counted from 1, unless they have fractions.

    Args:
        subject: The image.
        filename: Its name in the file.
        shift: Added to the coordinates.
        path: Folder of its ``path``.
    """
    (left, top, wide, high), (width, height) = subject.box, subject.size
    first = shift or 1  # the first pixel, if pixels are counted
    corners = dict(xmin=left + first, ymin=top + first, xmax=left + wide + shift,
                   ymax=top + high + shift)  # fmt: skip
    box = "".join(f"<{tag}>{value}</{tag}>" for tag, value in corners.items())
    return (
        f"<annotation><folder>x</folder><filename>{filename}</filename>"
        f"<path>{path}\\{filename}</path><source><database>Unknown</database></source>"
        f"<size><width>{width}</width><height>{height}</height><depth>3</depth></size>"
        f"<segmented>0</segmented><object><name>{subject.name}</name><pose>Unspecified</pose>"
        f"<truncated>0</truncated><difficult>0</difficult><bndbox>{box}</bndbox></object>"
        "</annotation>"
    )
