"""The page as a whole: its order, its forms, and the command."""

import json
from pathlib import Path

import pytest
from PIL import Image

from iclip.commands import report as command
from iclip.commands.command_line import main
from iclip.report.dumped_config import read_config_dump
from iclip.report.page import build_report
from iclip.report.render import to_html, to_markdown
from iclip.report.run_folders import find_runs
from iclip.settings import get_setting
from tests.report.run_folder import (
    DETECTION,
    SAMPLES,
    measured,
    pretraining,
    row,
    sections,
    write_run,
)


def test_what_happened_comes_before_the_paper(tmp_path: Path):
    write_run(tmp_path / "toy", pretraining(data="toy/"), {"seen/top1": 50.0})
    write_run(tmp_path / "det", DETECTION, {"lvis/AP": 30.0})
    (tmp_path / "det/pictures").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "det/pictures/a.png")
    order = list(sections(tmp_path))
    assert order[:4] == ["overview", "toy", "pictures", "paper"]


def test_overview_says_what_was_run_how_far_and_the_figures(tmp_path: Path):
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


def test_table_without_a_figure_is_folded(tmp_path: Path):
    write_run(tmp_path / "half", pretraining(), {"coco/ir_r1": 16.0}, samples_seen=SAMPLES,
              measured=measured())  # fmt: skip
    tables = sections(tmp_path)["paper"]["tables"]
    # Tables 1 and 2 have a row with a run, and the others apart.
    folded = [bool(table["folded"]) for table in tables]
    assert folded == [False, True, False, True, True, True, True]
    page = to_html(build_report([tmp_path]))
    assert page.count("<details>") == page.count("</details>") == 5
    assert "<summary>Table 3" in page


def test_markdown_has_every_open_table_and_names_the_folded_ones(tmp_path: Path):
    write_run(tmp_path / "run", pretraining(data="toy/"), {"seen/top1": 50.0})
    document = build_report([tmp_path])
    text = to_markdown(document)
    for section in document.sections:
        assert f"## {section.title}" in text
        assert all(f"**{table.caption}**" in text for table in section.tables)
    assert "| run | what |" in text
    assert "** (no run of this protocol)" in text


def test_cell_of_several_lines_stays_in_its_row_of_markdown(tmp_path: Path):
    write_run(tmp_path / "run", pretraining(), {"a": 1.0})
    start = {"started": "now", "command": "train.py\n| a"}
    (tmp_path / "run/provenance.json").write_text(json.dumps([start]))
    assert "| train.py \\| a |" in to_markdown(build_report([tmp_path]))


def test_toy_world_has_its_own_place_with_mean_and_spread(tmp_path: Path):
    for seed, top1 in enumerate((80.0, 84.0, 88.0)):
        write_run(
            tmp_path / f"iCLIP/seed{seed}",
            pretraining(data="data/toy", seed=seed),
            {"seen/top1": top1},
            samples_seen=SAMPLES,
        )
    found = sections(tmp_path)
    table = found["toy"]["tables"][0]
    empty = ["-"] * (len(table["columns"]) - 5)
    assert table["rows"] == [["iCLIP", "50 : 50", f"{SAMPLES:,}", "84.0 ± 4.0", *empty, "3"]]
    assert found["paper"]["tables"][0]["folded"] == "6 rows: no run of this protocol"


def test_ratio_becomes_rows_in_its_order_and_a_curve(tmp_path: Path):
    for pairs in (10, 50, 90):
        write_run(
            tmp_path / f"r{pairs}",
            pretraining(ratio=f"({100 - pairs}, {pairs})", data="toy/").replace(
                "backbone", "class_prompts=dict(variant='name_description'), backbone"
            ),
            {"seen/top1": pairs / 2, "retrieval/tr_r1": 1.0},
        )
    toy = sections(tmp_path)["toy"]
    assert [cells[1] for cells in toy["tables"][0]["rows"]] == ["90 : 10", "50 : 50", "10 : 90"]
    assert "seen: 90 : 10 45.0, 50 : 50 25.0, 10 : 90 5.0" in toy["figures"][0]["alt"]


def test_config_is_read_without_running_it(tmp_path: Path):
    dump = tmp_path / "config.py"
    dump.write_text("a = dict(b=[1, -2.5, (None, True)])\nc = open('x', 'w')\nd = {'e': 'f'}\n")
    config = read_config_dump(dump)
    assert config == {
        "a": {"b": [1, -2.5, (None, True)]}, "c": "open('x', 'w')", "d": {"e": "f"},
    }  # fmt: skip
    assert get_setting(config, "a.b.1") == -2.5
    assert get_setting(config, "a.b.7") is None
    assert get_setting(config, "a.c.d") is None


def test_names_are_escaped_and_nothing_is_fetched(tmp_path: Path):
    write_run(tmp_path / "<script>alert(1)<", pretraining(data="toy/"), {"seen/top1": 1.0})
    page = to_html(build_report([tmp_path]))
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "http://" not in page.replace('xmlns="http://www.w3.org', "").replace(
        'xmlns:xlink="http://www.w3.org', ""
    )
    assert "https://" not in page


def test_data_that_was_read_is_in_the_provenance(tmp_path: Path):
    write_run(tmp_path / "run", pretraining(), {"a": 1.0})
    summary = {
        "reader": "LabelledImages", "place": "data/a", "counts": {"images": 12, "classes": 4},
        "left_out": [{"what": ".txt files", "count": 2, "example": "x.txt"}], "notes": [],
    }  # fmt: skip
    (tmp_path / "run/data.json").write_text(json.dumps({"train.labelled": summary}))
    tables = {
        table["caption"]: table["rows"] for table in sections(tmp_path)["provenance"]["tables"]
    }
    assert tables["What was read of the data"] == [
        [
            "train.labelled: LabelledImages data/a: 12 images, 4 classes; left out: 2 .txt files "
            "(x.txt)",
            "run",
        ]
    ]


def test_folder_without_a_run_is_named(tmp_path: Path):
    (tmp_path / "note.txt").write_text("nothing")
    with pytest.raises(ValueError, match=r"holds no run: neither a log .* nor metrics\.json"):
        find_runs([tmp_path])


def test_absent_folder_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="absent is not a folder; name a run's work dir"):
        find_runs([tmp_path / "absent"])


def test_command_writes_nothing_where_there_is_no_run(tmp_path: Path, capsys):
    assert main(command, [str(tmp_path), "--out", str(tmp_path / "r.html")]) == 2
    assert "holds no run" in capsys.readouterr().err
    assert not (tmp_path / "r.html").exists()


def test_command_writes_three_forms(tmp_path: Path, capsys):
    write_run(tmp_path / "run", pretraining(data="toy/"), {"seen/top1": 50.0})
    files = [tmp_path / f"r.{suffix}" for suffix in ("html", "json", "md")]
    options = ["--out", str(files[0]), "--json", str(files[1]), "--markdown", str(files[2])]
    assert main(command, [str(tmp_path / "run"), *options]) == 0
    told = capsys.readouterr().out
    assert all(str(file) in told for file in files)
    assert json.loads(files[1].read_text())["title"] == "iCLIP: runs beside the paper"
    assert row(json.loads(files[1].read_text())["sections"][0]["tables"][0], "run")
