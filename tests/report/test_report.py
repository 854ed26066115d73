"""Runs of every kind, whole and broken, through the report."""

import json
from pathlib import Path
from typing import Any

import pytest

from iclip.report.build import build_report
from iclip.report.config_text import read_config_dump, setting
from iclip.report.render import to_html, to_json, to_markdown
from iclip.report.runs import find_runs
from tools import report as command

SAMPLES = 32 * (14_829_396 // 2 + (14_197_122 - 1_281_167) // 2)


def write_run(folder: Path, config: str = "", metrics: dict[str, float] | None = None, **record):
    """What training leaves in a work dir."""
    log = folder / "20260101_000000/vis_data"
    log.mkdir(parents=True)
    (log / "config.py").write_text(config)
    lines = [{"train/loss": 4.0 - step / 50, "step": step, "train/lr": 1e-3} for step in (50, 100)]
    (log / "scalars.json").write_text("".join(json.dumps(line) + "\n" for line in lines))
    if metrics is not None:
        content = {"iteration": 100, "samples_seen": 0, "metrics": metrics} | record
        (folder / "metrics.json").write_text(json.dumps(content))


def pretraining(method: str = "ICLIP", ratio: str = "(50, 50)", data: str = "data") -> str:
    """The lines of a config that decide about the protocol."""
    return f"""
model = dict(type='{method}', backbone=dict(arch='tiny'))
train_dataloader = dict(
    batch_sampler=dict(ratio={ratio}),
    dataset=dict(labelled=dict(root='{data}/in21k/images'), pairs=dict(shards='{data}/yfcc14m')))
"""


def sections(folder: Path) -> dict[str, Any]:
    content = json.loads(to_json(build_report([folder])))
    return {section["id"]: section for section in content["sections"]}


def row(table: dict[str, Any], start: str) -> list[str]:
    return next(cells for cells in table["rows"] if cells[0].startswith(start))


def test_run_of_the_protocol_stands_beside_the_paper(tmp_path: Path):
    metrics = {"imagenet1k/top1": 44.4, "coco/ir_r1": 16.0, "coco/tr_r1": 27.2}
    write_run(tmp_path / "half", pretraining(), metrics, samples_seen=SAMPLES)
    first, second, _ = sections(tmp_path)["paper"]["tables"]
    assert row(first, "50 : 50")[1:] == [
        *("45.9", "44.4", "-1.5"), *("15.5", "16.0", "+0.5"), *("27.2", "27.2", "+0.0"), "half",
    ]  # fmt: skip
    # Table 2's half-data row has the same protocol.
    assert row(second, "iCLIP, YFCC-14M + IN-21K (half)")[7:10] == ["15.5", "16.0", "+0.5"]
    assert row(first, "75 : 25")[-1] == "no run of this protocol"


@pytest.mark.parametrize(
    ("config", "samples", "why"),
    [
        (pretraining(ratio="(10, 90)"), SAMPLES // 2, "50% of the samples"),
        (pretraining(method="MultiTask"), SAMPLES, "method MultiTask, not"),
        (pretraining(data="data").replace("yfcc14m", "cc3m"), SAMPLES, "data in21k, not"),
        (pretraining().replace("'tiny'", "'base'"), SAMPLES, "image tower base, not tiny"),
    ],
)
def test_run_of_another_protocol_is_never_subtracted(
    config: str, samples: int, why: str, tmp_path: Path
):
    write_run(tmp_path / "other", config, {"imagenet1k/top1": 44.4}, samples_seen=samples)
    *tables, other = sections(tmp_path)["paper"]["tables"]
    for table in tables[:2]:
        assert all(cells[-1] == "no run of this protocol" for cells in table["rows"])
    assert other["rows"][0][0] == "other"
    assert why in other["rows"][0][1]
    assert "44.4" in other["rows"][0][2]


def test_toy_world_has_its_own_place_with_mean_and_spread(tmp_path: Path):
    for seed, top1 in enumerate((80.0, 84.0, 88.0)):
        write_run(
            tmp_path / f"iCLIP/seed{seed}",
            pretraining(data="data/toy"),
            {"seen/top1": top1},
            samples_seen=SAMPLES,
        )
    found = sections(tmp_path)
    table = found["toy"]["tables"][0]
    assert table["rows"] == [
        [
            "iCLIP",
            "50 : 50",
            f"{SAMPLES:,}",
            "84.0 ± 4.0",
            *["-"] * (len(table["columns"]) - 5),
            "3",
        ]
    ]
    first, _, _ = found["paper"]["tables"]
    assert all(cells[-1] == "no run of this protocol" for cells in first["rows"])


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
    assert [row[1] for row in toy["tables"][0]["rows"]] == ["90 : 10", "50 : 50", "10 : 90"]
    figure = toy["figures"][0]
    assert "seen: 90 : 10 45.0, 50 : 50 25.0, 10 : 90 5.0" in figure["alt"]


DETECTION = """
model = dict(type='FasterRCNN', backbone=dict(checkpoint='a.pth', window_size=7),
    roi_head=dict(bbox_head=dict(num_classes=1203)))
train_cfg = dict(max_epochs=12)
train_dataloader = dict(batch_size=2, dataset=dict(oversample_thr=0.001, dataset=dict(pipeline=[
    dict(type='RandomChoiceResize', scales=[(1333, 480), (1333, 800)])])))
optim_wrapper = dict(optimizer=dict(type='AdamW', lr=0.0001, weight_decay=0.05))
"""


def test_section_c_line_by_line(tmp_path: Path):
    write_run(tmp_path / "det", DETECTION, {"lvis/AP": 30.0, "lvis/APr": 20.0, "lvis/APc": 30.0,
                                            "lvis/APf": 35.0})  # fmt: skip
    start = {"processes": 8, "commit": "abc", "seed": 0}
    (tmp_path / "det/provenance.json").write_text(json.dumps([start]))
    section = sections(tmp_path)["section-c"]
    lines = {cells[0]: cells[1:] for cells in section["tables"][0]["rows"]}
    assert lines["categories"] == ["1,203", "1,203", "conforms", "paper"]
    assert lines["epochs"] == ["24", "12", "differs", "paper"]
    assert lines["shorter side in training"] == ["480 x 800", "480 x 800", "conforms", "paper"]
    assert lines["batch"] == ["16", "16", "conforms", "public"]
    assert lines["score threshold"] == ["0.0001", "not stated", "unknown", "public"]
    assert "rare 20.0, common 30.0, frequent 35.0" in section["figures"][0]["alt"]


def test_real_configs_conform_to_section_c(tmp_path: Path):
    from mmengine.config import Config

    for name in ("lvis_frcnn_2x", "ade20k_maskformer_160k", "k400_video_swin_30e"):
        text = Config.fromfile(f"downstream/{name}.py").pretty_text
        write_run(tmp_path / name, text, {})
        (tmp_path / name / "provenance.json").write_text(json.dumps([{"processes": 8}]))
    for table in sections(tmp_path)["section-c"]["tables"]:
        assert {cells[3] for cells in table["rows"]} == {"conforms"}, table["caption"]


def test_old_and_partial_runs_do_not_break_it(tmp_path: Path):
    write_run(tmp_path / "partial", pretraining())
    write_run(tmp_path / "broken", "not python (", {"x": 1.0})
    (tmp_path / "broken/provenance.json").write_text("{")
    scalars = tmp_path / "partial/20260101_000000/vis_data/scalars.json"
    scalars.write_text(scalars.read_text() + '{"train/loss": 1.')
    (tmp_path / "broken/pictures").mkdir()
    (tmp_path / "broken/pictures/a.jpg").write_bytes(b"no picture")
    (tmp_path / "empty_metrics").mkdir()
    (tmp_path / "empty_metrics/metrics.json").write_text("[]")
    rows = sections(tmp_path)["provenance"]["tables"][-1]["rows"]
    told = {tuple(cells[:1]): [] for cells in rows}
    for name, what in rows:
        told[(name,)].append(what)
    assert any("not been validated" in what for what in told[("partial",)])
    assert any("a line is cut" in what for what in told[("partial",)])
    assert any("no dumped config" in what for what in told[("broken",)])
    assert any("provenance.json: cannot be read" in what for what in told[("broken",)])
    assert any("a.jpg" in what for what in told[("broken",)])


def test_config_is_read_without_running_it(tmp_path: Path):
    dump = tmp_path / "config.py"
    dump.write_text("a = dict(b=[1, -2.5, (None, True)])\nc = open('x', 'w')\nd = {'e': 'f'}\n")
    config = read_config_dump(dump)
    assert config == {
        "a": {"b": [1, -2.5, (None, True)]}, "c": "open('x', 'w')", "d": {"e": "f"},
    }  # fmt: skip
    assert setting(config, "a.b.1") == -2.5
    assert setting(config, "a.b.7") is None
    assert setting(config, "a.c.d") is None


def test_names_are_escaped_and_nothing_is_fetched(tmp_path: Path):
    write_run(tmp_path / "<script>alert(1)<", pretraining(data="toy/"), {"seen/top1": 1.0})
    page = to_html(build_report([tmp_path]))
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "http://" not in page.replace('xmlns="http://www.w3.org', "").replace(
        'xmlns:xlink="http://www.w3.org', ""
    )
    assert "https://" not in page


def test_markdown_has_every_table(tmp_path: Path):
    write_run(tmp_path / "run", pretraining(data="toy/"), {"seen/top1": 50.0})
    document = build_report([tmp_path])
    text = to_markdown(document)
    for section in document.sections:
        assert f"## {section.title}" in text
        assert all(f"**{table.caption}**" in text for table in section.tables)
    assert "IN-1K top-1 paper" in text


def test_folder_without_a_run(tmp_path: Path, capsys):
    (tmp_path / "note.txt").write_text("nothing")
    with pytest.raises(ValueError, match=r"holds no run: neither metrics\.json"):
        find_runs([tmp_path])
    with pytest.raises(FileNotFoundError, match="absent is no folder"):
        find_runs([tmp_path / "absent"])
    assert command.main([str(tmp_path), "--out", str(tmp_path / "r.html")]) == 2
    assert "holds no run" in capsys.readouterr().err
    assert not (tmp_path / "r.html").exists()


def test_command_writes_three_forms(tmp_path: Path, capsys):
    write_run(tmp_path / "run", pretraining(data="toy/"), {"seen/top1": 50.0})
    files = [tmp_path / f"r.{suffix}" for suffix in ("html", "json", "md")]
    options = ["--out", str(files[0]), "--json", str(files[1]), "--markdown", str(files[2])]
    assert command.main([str(tmp_path / "run"), *options]) == 0
    assert all(str(file) in capsys.readouterr().out or file.stat().st_size for file in files)
    assert json.loads(files[1].read_text())["title"] == "iCLIP: runs beside the paper"
