"""Index maps, read by Pillow and by what reads users' own data."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iclip.own_data import recognize
from iclip.predictions.index_maps import as_index_map, write_index_maps
from iclip.tasks import SEGMENTATION
from tests.support.made_predictions import CLASSES, label_map, segments


def test_numbers_are_the_labels_and_255_is_nothing() -> None:
    expected = np.where(label_map() < 0, 255, label_map())
    found = as_index_map(segments())
    assert found.dtype == np.uint8 and (found == expected).all()


def test_folder_is_a_data_set_of_users(tmp_path: Path) -> None:
    found = []
    for number in range(6):
        image = tmp_path / f"in/b {number}.PNG"
        image.parent.mkdir(exist_ok=True)
        Image.new("RGB", (60, 40)).save(image)
        found.append(segments(file=image, title=image.stem))
    root = write_index_maps(found, CLASSES, tmp_path / "out")
    data = recognize(root, SEGMENTATION)
    assert data.classes == CLASSES
    samples = [sample for part in data.parts.values() for sample in part]
    assert len(samples) == 6
    for place in (root / "masks").iterdir():
        assert (np.asarray(Image.open(place)) == as_index_map(segments())).all()


def test_more_classes_than_numbers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="--format masks: index maps have numbers for 255"):
        write_index_maps([], [str(i) for i in range(256)], tmp_path)
    assert not list(tmp_path.iterdir())
