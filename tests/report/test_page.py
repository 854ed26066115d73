"""The page as a whole: its order, and what it says first."""

from pathlib import Path

from PIL import Image

from tests.support.run_folder import DETECTION, pretraining, sections, write_run


def test_what_happened_comes_before_the_paper(tmp_path: Path):
    write_run(tmp_path / "toy", pretraining(data="toy/"), {"seen/top1": 50.0})
    write_run(tmp_path / "det", DETECTION, {"lvis/AP": 30.0})
    (tmp_path / "det/pictures").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "det/pictures/a.png")
    order = list(sections(tmp_path))
    assert order[:4] == ["overview", "toy", "pictures", "paper"]
