"""What the runs come from, and what was read of their data."""

import json
from pathlib import Path

from tests.support.run_folder import pretraining, sections, write_run


def test_start_says_how_its_steps_were_divided(tmp_path: Path):
    write_run(tmp_path / "run", pretraining(), {"a": 1.0})
    starts = [{"processes": 8, "batch": "12,288 = 8 GPUs x 8 x 192"}, {"processes": 1}]
    (tmp_path / "run/provenance.json").write_text(json.dumps(starts))
    (table,) = (t for t in sections(tmp_path)["provenance"]["tables"] if t["caption"] == "Starts")
    place = table["columns"].index("samples per step")
    assert [row[place] for row in table["rows"]] == ["12,288 = 8 GPUs x 8 x 192", "unknown"]


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
