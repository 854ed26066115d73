"""The command that times zero-shot classification beside clip_benchmark's."""

from pathlib import Path

import pytest

from iclip.commands import bench_zeroshot
from iclip.commands.command_line import main
from iclip.zeroshot.embedding_model import ImageTextEmbedder


def test_both_are_timed_on_the_folders_that_were_asked_for(
    tiny: ImageTextEmbedder, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setattr("iclip.zeroshot.loading.load_zero_shot_model", lambda name: tiny)
    assert main(bench_zeroshot, [str(photos), "--rounds", "1", "--classes", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0].strip() for line in lines[1:]] == [
        "iclip",
        "clip_benchmark",
        "ratio",
        "second prompts",
    ]
