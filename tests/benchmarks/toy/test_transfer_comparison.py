"""The table of transfers from pre-trained weights beside those from scratch."""

import json
from pathlib import Path

from iclip.benchmarks.toy.transfer_comparison import TRANSFERS, transfer_table


def write_metrics(run: Path, metrics: dict[str, float]) -> None:
    run.mkdir(parents=True)
    (run / "metrics.json").write_text(json.dumps({"iteration": 3, "metrics": metrics}))


def test_scores_are_in_percent_with_the_pretrained_first(tmp_path: Path):
    write_metrics(tmp_path / "k400_video_swin", {"acc/top1": 0.5})
    write_metrics(tmp_path / "k400_video_swin_scratch", {"acc/top1": 0.25})
    write_metrics(tmp_path / "lvis_frcnn", {"lvis/AP": 12.34, "lvis/AP50": 20.0})
    head, *rows = transfer_table(tmp_path).splitlines()
    assert head.split() == ["%", "pre-trained", "scratch"]
    cells = [row.rsplit(maxsplit=2)[-2:] for row in rows]
    # Detection has three scores, segmentation one, video one; what is not there is a dash.
    assert cells == [["12.3", "-"], ["20.0", "-"], ["-", "-"], ["-", "-"], ["50.0", "25.0"]]


def test_each_transfer_has_both_configs_and_a_title_once(tmp_path: Path, repo_root: Path):
    table = transfer_table(tmp_path)
    for transfer in TRANSFERS:
        assert table.count(transfer.title) == 1
        for config in transfer.configs():
            assert (repo_root / f"downstream/toy/{config}.py").is_file()
