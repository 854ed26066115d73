"""A score stands beside published ones of its own kind, and of no other."""

from pathlib import Path

import pytest

from iclip.text.class_texts import ClassText, write_class_texts
from tests.support.run_folder import VIDEO, measured, sections, write_run, write_test

pytestmark = pytest.mark.usefixtures("without_plots")


def config(protocol: str, extra: str = "") -> str:
    return f"default_scope = 'mmdet'\nprotocol = {protocol!r}\n{extra}"


def new_classes(folder: Path, label: str) -> str:
    """Settings of a run that has one new class, yak, beside a pre-training with one label."""
    tables = {"tested": ("cat", "yak"), "trained": ("cat",), "pretrained": (label,)}
    for name, names in tables.items():
        texts = [ClassText(f"{name}{i}", (text,)) for i, text in enumerate(names)]
        write_class_texts(folder / f"{name}.jsonl", texts)
    return f"new_classes = { {name: str(folder / f'{name}.jsonl') for name in tables} }\n"


def rows(folder: Path) -> list[list[str]]:
    return [row for table in sections(folder)["words"]["tables"][:1] for row in table["rows"]]


def test_labels_of_new_classes_decide_beside_which_works_a_score_stands(tmp_path: Path):
    for label, methods in (("yak", ["boxes", "Detic,"]), ("cow", ["ViLD", "RegionCLIP", "F-VLM",
                                                                 "CLIPSelf"])):  # fmt: skip
        extra = new_classes(tmp_path, label)
        folder = tmp_path / label
        write_run(folder, config("lvis-openvocab-mask", extra), {"lvis/APr": 25.0})
        found = rows(folder)
        assert [row[3].split(" ")[0] for row in found] == methods
    assert found[0][1:3] == ["25.0", "an unknown number of samples"]
    assert found[0][4:7] + found[0][8:] == ["R50", "16.1", "+8.9", "read"]
    # 3.6 times Student's t of three runs times sqrt(2).
    assert found[0][7].startswith("not apart: 8.9 off, 21.9 allowed (one run; spread of the toy")


def test_box_ap_does_not_stand_beside_mask_ap(tmp_path: Path):
    extra = new_classes(tmp_path, "yak")
    write_run(tmp_path / "a", config("lvis-openvocab-box", extra), {"lvis/APr": 25.0})
    ((_, _, _, why, *_),) = rows(tmp_path / "a")
    assert why == "3 published scores of another kind"


def test_where_the_labels_are_not_known_nothing_stands_beside(tmp_path: Path):
    write_run(tmp_path / "a", config("lvis-openvocab-mask"), {"lvis/APr": 25.0, "lvis/APc": 1.0})
    ((label, _, _, why, *_),) = rows(tmp_path)
    assert label == "a, lvis/APr"
    assert why == "6 published scores of another kind: name new_classes in the config"


def test_a_closed_set_has_no_published_score_of_open_vocabulary(tmp_path: Path):
    write_run(tmp_path / "a", config("ade150-closed-text"), {"mIoU": 50.0})
    assert rows(tmp_path) == [["a, mIoU", "50.0", "an unknown number of samples"]]


def test_a_test_on_another_data_set_stands_beside_that_sets_works(tmp_path: Path):
    write_run(tmp_path / "k400", VIDEO + "protocol = 'k400-closed-text'\n", {"acc/top1": 0.7})
    data = [{"names": ["acc"], "samples": 3_783, "place": "ucf101.txt"}]
    record = measured(loader="test_dataloader", protocol="ucf101-zeroshot", data=data)
    write_test(tmp_path / "k400", {"acc/top1": 0.75}, measured=record)
    tables = {table["caption"].split(",")[0]: table["rows"] for table in
              sections(tmp_path)["words"]["tables"]}  # fmt: skip
    zero_shot = tables["trained on Kinetics-400 with classes in words"]
    assert [row[1:4] + row[5:7] for row in zero_shot] == [
        ["75.0", "3,783 samples", "X-CLIP", "72.0", "+3.0"],
        ["75.0", "3,783 samples", "ViFi-CLIP", "76.8", "-1.8"],
        ["75.0", "3,783 samples", "Open-VCLIP++", "88.1", "-13.1"],
    ]


def test_seeds_are_averaged_and_one_that_failed_does_not_count(tmp_path: Path):
    for seed, miou in enumerate((20.0, 22.0, 24.0, None)):
        text = config("ade150-openvocab", f"randomness = dict(seed={seed})\n")
        write_run(tmp_path / f"x/seed{seed}", text, None if miou is None else {"mIoU": miou})
    found = rows(tmp_path)
    assert {row[0] for row in found} == {"x (3 seeds), mIoU"}
    assert found[0][7] == "not apart: 1.3 off, 9.9 allowed (3 runs, ± 2.0)"
    assert found[0][1:2] + found[0][3:7] == ["22.0 ± 2.0", "FC-CLIP, frozen", "R50", "23.3", "-1.3"]


def test_scores_of_groups_of_classes_are_shown(tmp_path: Path):
    scores = {"lvis/AP_new_word": 5.0, "lvis/AP50": 9.0, "lvis/APc": 9.0, "x/top1_std": 1.0}
    write_run(tmp_path / "a", config("toy-openvocab"), scores)
    assert [row[0] for row in rows(tmp_path)] == ["a, lvis/AP_new_word"]


def test_without_a_protocol_there_is_no_section(tmp_path: Path):
    write_run(tmp_path / "a", "default_scope = 'mmseg'\n", {"mIoU": 50.0})
    assert "words" not in sections(tmp_path)
