"""What every start of a run writes down."""

import json
import subprocess
from pathlib import Path

import torch
from mmengine.config import Config

from iclip.engine.start import provenance
from iclip.engine.start.provenance import commit, fingerprint, record_start


def test_every_start_is_appended(tmp_path: Path):
    data = tmp_path / "data"
    (data / "pairs").mkdir(parents=True)
    (data / "pairs/0.tar").write_bytes(b"12345")
    cfg = Config(
        dict(
            work_dir=str(tmp_path / "run"),
            randomness=dict(seed=3),
            train_dataloader=dict(dataset=dict(shards=str(data / "pairs"))),
        )
    )
    record_start(cfg, data, processes=2)
    cfg.resume, cfg.load_from = True, "run/latest.pth"
    record_start(cfg, data, processes=2)
    first, second = json.loads((tmp_path / "run/provenance.json").read_text())
    assert (first["seed"], first["processes"], first["resumed_from"]) == (3, 2, None)
    assert second["resumed_from"] == "run/latest.pth"
    assert first["versions"]["torch"] == torch.__version__
    assert first["data"] == {str(data / "pairs"): fingerprint(data / "pairs")}
    assert first["hardware"]["cores"] >= 1


def test_fingerprint_tells_data_apart(tmp_path: Path):
    folder, file = tmp_path / "folder", tmp_path / "file"
    folder.mkdir()
    (folder / "a").write_bytes(b"1")
    file.write_bytes(b"2")
    before = fingerprint(folder), fingerprint(file)
    assert (fingerprint(folder), fingerprint(file)) == before
    (folder / "b").write_bytes(b"")
    file.write_bytes(b"3")
    assert fingerprint(folder) != before[0]
    assert fingerprint(file) != before[1]
    assert fingerprint(tmp_path / "none") == "absent"


def test_commit_marks_changed_sources(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(provenance, "REPOSITORY", tmp_path)
    assert commit() is None
    (tmp_path / "a.py").write_text("1")
    for words in ("init -q", "add .", "-c user.name=n -c user.email=e commit -qm first"):
        subprocess.run(["git", *words.split()], cwd=tmp_path, check=True)
    head = commit()
    assert head is not None
    assert len(head) == 12
    (tmp_path / "a.py").write_text("2")
    assert commit() == head + "+"
