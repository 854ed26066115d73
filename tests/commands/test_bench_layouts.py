import json
from pathlib import Path

import pytest

from iclip.benchmarks.peers.feature_maps import Comparison
from iclip.benchmarks.peers.tensor_counts import LoadedTensors
from iclip.commands import bench_layouts
from iclip.commands.command_line import main


@pytest.mark.parametrize(("difference", "code"), [(0.9e-5, 0), (1.1e-5, 1)])
def test_tables_show_the_counts_and_the_exit_code_what_differs(
    difference: float, code: int, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture,
):  # fmt: skip
    row = Comparison("peer", "iclip", (224, 224), 4, (0.0, 0.0, 0.0, difference))
    load = LoadedTensors("timm", "silent", 5, 2, 4, ("a", "b"), ())
    monkeypatch.setattr(
        "iclip.benchmarks.peers.library_loaders.export_all", lambda *_: {"timm": None}
    )
    monkeypatch.setattr("iclip.benchmarks.peers.library_loaders.LOADERS", {"timm": ["silent"]})
    monkeypatch.setattr("iclip.benchmarks.peers.library_loaders.write_checkpoint", lambda *_: None)
    monkeypatch.setattr("iclip.benchmarks.peers.tensor_counts.count_load", lambda *_: load)
    monkeypatch.setattr("iclip.benchmarks.peers.feature_maps.compare", lambda _: [row])
    out = tmp_path / "layouts.json"
    assert main(bench_layouts, ["--arch", "tiny", "--json", str(out)]) == code
    told = capsys.readouterr().out
    assert "| timm | silent | 5 + 2 of other parts | 4 | 2 (a, b) | 0 |" in told
    assert (
        f"| peer | iclip | 224x224, 4 frames | 0.0e+00 | 0.0e+00 | 0.0e+00 | {difference:.1e}"
        in told
    )
    assert json.loads(out.read_text())["tiny"]["comparisons"][0]["frames"] == 4
