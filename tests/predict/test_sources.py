"""What a user gives becomes images, frames and videos, one after the other."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from iclip.predict.input_decoding import read_image
from iclip.predict.sources import Source, contents, open_inputs
from tests.support.framework_predictions import noise, write_noise
from tests.support.video_files import write_lighter_and_lighter


def opened(inputs: Any, takes_videos: bool = False, every: float = 1.0) -> list[tuple[Source, Any]]:
    return [
        found
        for entry in open_inputs(inputs, takes_videos)
        for found in contents(entry, takes_videos, every)
    ]


def test_file_folder_array_and_image_have_the_same_pixels(tmp_path: Path):
    file = write_noise(tmp_path / "a.png", 6, 8)
    for given in (str(file), tmp_path, noise(6, 8), Image.open(file), [file]):
        ((source, pixels),) = opened(given)
        np.testing.assert_array_equal(pixels, noise(6, 8)[..., ::-1])
        np.testing.assert_array_equal(source.read(), pixels)


def test_inputs_keep_their_order(tmp_path: Path):
    for name in "ab":
        write_noise(tmp_path / f"{name}.png", 4, 4)
    given = [tmp_path / "b.png", noise(4, 4), str(tmp_path / "a.png"), Image.new("RGB", (4, 4))]
    assert [source.title for source, _ in opened(given)] == ["b", "image_1", "a", "image_3"]
    assert [source.file for source, _ in opened(given)][1::2] == [None, None]


def test_frames_of_a_video_are_read_again(tmp_path: Path):
    clip = write_lighter_and_lighter(tmp_path / "clip.mp4", frames=24, rate=8)
    found = opened(clip)
    assert [source.seconds for source, _ in found] == [0.0, 1.0, 2.0]
    assert [source.title for source, _ in found][1] == "clip_0001.00s"
    for source, pixels in found:
        np.testing.assert_array_equal(source.read(), pixels)


def test_models_of_videos_take_paths(tmp_path: Path):
    clip = write_lighter_and_lighter(tmp_path / "clip.mp4", frames=8)
    ((source, given),) = opened([clip], takes_videos=True)
    assert given == source.read() == source.file == clip and source.seconds is None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (np.zeros((4, 6), np.uint8), r"an array \(4, 6\) of uint8"),
        (np.zeros((4, 6, 4), np.uint8), r"an array \(4, 6, 4\) of uint8"),
        (np.zeros((0, 6, 3), np.uint8), r"an array \(0, 6, 3\)"),
        (np.zeros((4, 6, 3), np.float32), r"an array \(4, 6, 3\) of float32"),
        (b"bytes", "of type bytes"),
        (None, "of type NoneType"),
    ],
    ids=str,
)
def test_other_inputs_are_named(given: Any, told: str):
    with pytest.raises(ValueError, match=rf"input 0 is {told}.*give a path, an image that"):
        open_inputs(given, takes_videos=False)


def test_array_is_not_a_video():
    with pytest.raises(ValueError, match="a model of videos takes files and folders of them"):
        open_inputs([noise(4, 4)], takes_videos=True)


def test_missing_path_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"absent\.jpg does not exist"):
        open_inputs([noise(4, 4), tmp_path / "absent.jpg"], takes_videos=False)


def test_image_of_pillow_is_upright(tmp_path: Path):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    Image.fromarray(noise(4, 6)).save(tmp_path / "a.png", exif=exif)
    ((_, pixels),) = opened(Image.open(tmp_path / "a.png"))
    assert pixels.shape == (6, 4, 3)
    np.testing.assert_array_equal(pixels, read_image(tmp_path / "a.png"))
