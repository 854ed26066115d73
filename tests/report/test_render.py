"""The forms of the page: HTML that fetches nothing, and Markdown."""

import json
from pathlib import Path

from iclip.report.page import build_report
from iclip.report.render import to_html, to_markdown
from tests.support.run_folder import SAMPLES, measured, pretraining, sections, write_run


def test_table_without_a_score_is_folded(tmp_path: Path):
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


def test_names_are_escaped_and_nothing_is_fetched(tmp_path: Path):
    write_run(tmp_path / "<script>alert(1)<", pretraining(data="toy/"), {"seen/top1": 1.0})
    page = to_html(build_report([tmp_path]))
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "http://" not in page.replace('xmlns="http://www.w3.org', "").replace(
        'xmlns:xlink="http://www.w3.org', ""
    )
    assert "https://" not in page
