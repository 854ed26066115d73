from pathlib import Path

from PIL import Image

from iclip.benchmarks.inputs.image_folders import first_classes, write_noise


def test_noise_is_images_in_a_folder_per_class(tmp_path: Path):
    root = write_noise(tmp_path / "noise", 2, 3, size=(20, 10))
    files = sorted(root.rglob("*.jpg"))
    assert len(files) == 6 and {file.parent.name for file in files} == {"class0000", "class0001"}
    assert Image.open(files[0]).size == (20, 10)


def test_the_first_classes_are_taken_and_called_as_their_folders(tmp_path: Path):
    root = write_noise(tmp_path / "noise", 3, 2)
    images = first_classes(root, 2, tmp_path / "links")
    assert [text.names for text in images.class_texts] == [("class0000",), ("class0001",)]
    assert images.labelled.labels.tolist() == [0, 0, 1, 1]
