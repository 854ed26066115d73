"""Runs of the toy world have a section of their own, with mean and spread."""

from pathlib import Path

from tests.support.run_folder import SAMPLES, pretraining, sections, write_run


def test_toy_world_has_its_own_section_with_mean_and_spread(tmp_path: Path):
    for seed, top1 in enumerate((80.0, 84.0, 88.0)):
        write_run(
            tmp_path / f"iCLIP/seed{seed}",
            pretraining(data="data/toy", seed=seed),
            {"seen/top1": top1},
            samples_seen=SAMPLES,
        )
    found = sections(tmp_path)
    table = found["toy"]["tables"][0]
    empty = ["-"] * (len(table["columns"]) - 6)
    assert table["rows"] == [
        ["iCLIP", "50 : 50", f"{SAMPLES:,}", "84.0 ± 4.0", *empty, "3", "not recorded"]
    ]
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
