"""The oracle for the motion: where the picture differs from its background, frame by frame."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from iclip.toy.kinetics import MOTIONS, sample_frames, write_clip
from iclip.toy.sampling import sample_object
from iclip.toy.scenes import SceneStyle
from iclip.toy.world import World

STYLE = SceneStyle(0, 0, 0, 0, 0)


def entries(root: Path, split: str) -> list[tuple[Path, int]]:
    lines = (root / "kinetics" / f"{split}.txt").read_text().splitlines()
    return [(root / "kinetics" / path, int(label)) for path, label in map(str.split, lines)]


def foreground(frames: np.ndarray) -> np.ndarray:
    """Mask (T, H, W) of what differs from the median of the corners' colors by far."""
    corners = frames[:, [0, 0, -1, -1], [0, -1, 0, -1]].reshape(-1, 3)
    return np.abs(frames.astype(int) - np.median(corners, axis=0)).max(axis=3) > 60


@pytest.mark.parametrize(("split", "count"), [("train", 10), ("val", 8)])
def test_lists_name_every_clip_once(tiny_root: Path, split: str, count: int) -> None:
    listed = entries(tiny_root, split)
    assert len({path for path, _ in listed}) == count
    assert all(path.is_file() for path, _ in listed)
    assert max(Counter(label for _, label in listed).values()) <= -(-count // 8)


def test_labels_are_listed_in_order(tiny_root: Path) -> None:
    assert (tiny_root / "kinetics" / "labels.txt").read_text().splitlines() == list(MOTIONS)


def test_decord_reads_the_frames_that_were_drawn(tiny: World, tiny_root: Path) -> None:
    decord = pytest.importorskip("decord")
    for index, (path, _) in enumerate(entries(tiny_root, "val")):
        reader = decord.VideoReader(str(path))
        assert len(reader) == 8
        frames = reader.get_batch(range(8)).asnumpy()
        drawn = np.stack(list(sample_frames(tiny, "val", index)))
        assert frames.shape == drawn.shape == (8, 64, 64, 3)
        assert np.abs(frames.astype(int) - drawn).mean() < 8


def test_same_frames_give_the_same_bytes(tiny: World, tmp_path: Path) -> None:
    for name in "ab":
        write_clip(sample_frames(tiny, "val", 0), 64, tmp_path / f"{name}.mp4")
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


@pytest.mark.parametrize(
    ("motion", "field", "sign"),
    [
        ("moving left", "x", -1),
        ("moving right", "x", 1),
        ("moving up", "y", -1),
        ("moving down", "y", 1),
        ("growing", "size", 1),
        ("shrinking", "size", -1),
        ("turning clockwise", "rotation", 1),
        ("turning counter-clockwise", "rotation", -1),
    ],
)
def test_motion_changes_its_own_quantity_only(motion: str, field: str, sign: int) -> None:
    rng = np.random.default_rng(0)
    still = sample_object(rng, ("fish", "plain"), "red", STYLE, 0.5, 0.5, 0.5)
    before, after = (MOTIONS[motion](still, t, 1.0) for t in (-0.5, 0.5))
    changed = {f for f in still.__slots__ if getattr(before, f) != getattr(after, f)}
    assert changed == {field}
    assert np.sign(getattr(after, field) - getattr(before, field)) == sign


@pytest.mark.parametrize(("label", "axis", "sign"), [(0, 2, -1), (1, 2, 1), (2, 1, -1), (3, 1, 1)])
def test_object_moves_on_the_screen(tiny: World, label: int, axis: int, sign: int) -> None:
    frames = np.stack(list(sample_frames(tiny, "train", label)))
    mask = foreground(frames)
    centers = [np.argwhere(m).mean(axis=0)[axis - 1] for m in mask[[1, -2]]]
    assert np.sign(centers[1] - centers[0]) == sign


def test_same_frames_are_the_same_bytes_whatever_lay_in_memory(tmp_path: Path):
    # Smooth and moving, as the toy's clips are; between the frames, memory is used and freed.
    rng = np.random.default_rng(0)
    ground = cv2.GaussianBlur(rng.integers(0, 255, (104, 104, 3), dtype=np.uint8), (0, 0), 3)

    def frames() -> Iterator[np.ndarray]:
        for step in range(32):
            rng.integers(0, 255, rng.integers(1_000, 200_000), dtype=np.uint8)
            yield np.ascontiguousarray(ground[step : step + 64, step // 2 : step // 2 + 64])

    contents = set()
    for _ in range(20):
        write_clip(frames(), 64, tmp_path / "clip.mp4")
        contents.add((tmp_path / "clip.mp4").read_bytes())
    assert len(contents) == 1
