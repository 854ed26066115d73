"""ImageNet-1K's validation images, with the names and templates of the CLIP paper's repository."""

from pathlib import Path

from open_clip import zero_shot_metadata
from timm.data import ImageNetInfo

from iclip.files.images import class_entries, is_image_name
from iclip.messages import counted
from iclip.text.class_texts import ClassText, ClassTexts
from iclip.text.prompts import TEMPLATES
from iclip.zeroshot.class_folders import classes_of
from iclip.zeroshot.class_names import imagenet_labels
from iclip.zeroshot.classification_sets import ImageSet, SuiteEntry

_CLASSES, _IMAGES = 1000, 50_000


def open_imagenet(folder: Path) -> ImageSet:
    """Open ``val/<class>/<image>``; a class is a WordNet id, a number from 0 to 999 or a name.

    Raises:
        ValueError: There are no classes, or a name does not say which class it is.
    """
    root = folder / "val"
    _check_not_flat(root)
    wnids = ImageNetInfo("imagenet-1k").label_names()
    names = zero_shot_metadata.IMAGENET_CLASSNAMES
    classes = classes_of(root)
    labels, note = imagenet_labels(classes.names, wnids, names, root)
    return ImageSet(
        classes.labelled(labels.__getitem__),
        ClassTexts(ClassText(id, (name,), "") for id, name in zip(wnids, names, strict=True)),
        TEMPLATES["openai_imagenet"],
        "top-1",
        "val",
        "imagenet1k/val",
        _IMAGES,
        _CLASSES,
        notes=(note,) if note else (),
    )


def _check_not_flat(root: Path) -> None:
    """Explain what to do where ILSVRC2012_img_val.tar was unpacked: its labels lie elsewhere."""
    if class_entries(root).classes:
        return
    images = sum(is_image_name(file.name) for file in root.iterdir())
    if images:
        raise ValueError(
            f"{root} holds {counted(images, 'image')} and no folders of classes: sort them into a "
            "folder per WordNet id, as ILSVRC2012_devkit_t12.tar.gz says"
        )


ENTRIES = {
    "imagenet1k": SuiteEntry(
        "in1k", "val/<wnid>/*.JPEG", open_imagenet, ("val",), "the images, a folder per WordNet id,"
    )
}
