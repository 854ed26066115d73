import json
from pathlib import Path

from iclip.benchmarks.toy.method_comparison import (
    CONTROLS,
    METHODS,
    comparison_table,
    read_metrics,
    write_shuffled_descriptions,
)
from iclip.text.class_texts import ClassText, ClassTexts, read_class_texts, write_class_texts


def test_shuffling_gives_every_seen_class_another_ones_description(tmp_path: Path):
    seen = [ClassText(f"t{i}", (f"name{i}",), f"look {i}") for i in range(9)]
    new = ClassText("t9", ("name9",), "look 9")
    write_class_texts(tmp_path / "class_texts_seen.jsonl", ClassTexts(seen))
    write_class_texts(tmp_path / "class_texts_all.jsonl", ClassTexts([*seen, new]))
    write_shuffled_descriptions(tmp_path, tmp_path / "out")
    shuffled = read_class_texts(tmp_path / "out/seen_shuffled.jsonl")
    assert [text.names for text in shuffled] == [text.names for text in seen]
    assert sorted(t.description for t in shuffled) == sorted(t.description for t in seen)
    assert all(a.description != b.description for a, b in zip(shuffled, seen, strict=True))
    assert read_class_texts(tmp_path / "out/all_shuffled.jsonl")[9] == new


def test_cells_hold_mean_and_sample_deviation():
    table = comparison_table(
        {"iCLIP": [{"seen/top1": 50.0}, {"seen/top1": 54.0}], "head": [{"seen_head/top1": 7.0}]}
    )
    assert "| iCLIP | 52.0 ± 2.8 | - |" in table
    assert "| head | 7.0 | 7.0 | - |" in table


def test_an_unfinished_run_has_no_metrics(tmp_path: Path):
    assert read_metrics(tmp_path, 10) is None
    (tmp_path / "metrics.json").write_text(json.dumps({"iteration": 9, "metrics": {"a": 1.0}}))
    assert read_metrics(tmp_path, 10) is None
    assert read_metrics(tmp_path, 9) == {"a": 1.0}


def test_every_method_has_a_shipped_config_and_a_folder_of_its_own(repo_root: Path):
    methods = METHODS + CONTROLS
    assert len({method.folder for method in methods}) == len(methods)
    assert all((repo_root / f"configs/micro/{method.config}.py").is_file() for method in methods)
