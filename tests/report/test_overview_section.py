"""What was run, how far it was trained, and its scores."""

from pathlib import Path

from tests.support.run_folder import SAMPLES, measured, pretraining, sections, write_run


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
