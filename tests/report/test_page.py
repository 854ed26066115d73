"""The page as a whole: its order, and what it says first."""

from pathlib import Path

from PIL import Image

from tests.support.run_folder import DETECTION, SAMPLES, measured, pretraining, sections, write_run


def test_what_happened_comes_before_the_paper(tmp_path: Path):
    write_run(tmp_path / "toy", pretraining(data="toy/"), {"seen/top1": 50.0})
    write_run(tmp_path / "det", DETECTION, {"lvis/AP": 30.0})
    (tmp_path / "det/pictures").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "det/pictures/a.png")
    order = list(sections(tmp_path))
    assert order[:4] == ["overview", "toy", "pictures", "paper"]


def test_overview_says_what_was_run_how_far_and_the_scores(tmp_path: Path):
    write_run(tmp_path / "half", pretraining(), {"imagenet1k/top1": 44.4}, samples_seen=SAMPLES,
              measured=measured())  # fmt: skip
    (table,) = sections(tmp_path)["overview"]["tables"]
    assert table["rows"] == [
        [
            "half",
            "imagenet1k/top1 44.4",
            "validation, fp32, 50,000 + 5,000 samples",
            "pre-training, ICLIP, pairs : labelled 50 : 50",
            f"100 iterations, {SAMPLES:,} samples",
        ]
    ]
