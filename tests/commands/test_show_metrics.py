import json
from pathlib import Path

import pytest

from iclip.commands.show_metrics import read_summary
from iclip.text.class_texts import ClassText, ClassTexts, write_class_texts


def test_each_score_stands_beside_its_chance(tmp_path: Path):
    for kind, count in {"seen": 50, "new_combination": 10, "new_word": 12, "all": 72}.items():
        texts = [ClassText(f"{kind}{i}", ("n",), f"{i}") for i in range(count)]
        write_class_texts(tmp_path / f"class_texts_{kind}.jsonl", ClassTexts(texts))
    metrics = {"seen/top1": 81.2, "new_word_among_all/top1": 33.3, "retrieval/ir_r5": 12.5}
    (tmp_path / "metrics.json").write_text(json.dumps({"iteration": 3, "metrics": metrics}))
    text = read_summary(tmp_path, tmp_path)
    (seen,) = (line for line in text.splitlines() if "labelled in training" in line)
    assert seen.split()[-2:] == ["81.2", "2.0"] and "50 classes" in seen
    assert "text to image, recall@5" in text and text.split()[-1] == "12.5"
    assert [line.split()[-1] for line in text.splitlines() if "72 classes" in line] == ["1.4"]


def test_a_folder_without_a_run_is_told_how_to_make_one(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"no metrics\.json.*tools/pretrain\.sh"):
        read_summary(tmp_path, tmp_path)
