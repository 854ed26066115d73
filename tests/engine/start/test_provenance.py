"""What every start of a run writes down."""

import json
import subprocess
from pathlib import Path

import pytest
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
    record_start(cfg, data, processes=2, batch="36 = 2 processes x 2 x 9")
    cfg.resume, cfg.load_from = True, "run/latest.pth"
    record_start(cfg, data, processes=2)
    first, second = json.loads((tmp_path / "run/provenance.json").read_text())
    assert (first["seed"], first["processes"], first["resumed_from"]) == (3, 2, None)
    assert (first["batch"], second["batch"]) == ("36 = 2 processes x 2 x 9", None)
    assert second["resumed_from"] == "run/latest.pth"
    assert first["versions"]["torch"] == torch.__version__
    assert first["data"] == {str(data / "pairs"): fingerprint(data / "pairs")}
    assert first["hardware"]["cores"] >= 1


def test_fingerprint_of_a_folder_changes_with_its_names(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"1")
    before = fingerprint(tmp_path)
    assert fingerprint(tmp_path) == before
    (tmp_path / "b").write_bytes(b"")
    assert fingerprint(tmp_path) != before


def test_fingerprint_of_a_file_changes_with_its_content(tmp_path: Path):
    file = tmp_path / "file"
    file.write_bytes(b"2")
    before = fingerprint(file)
    assert fingerprint(file) == before
    file.write_bytes(b"3")
    assert fingerprint(file) != before


def test_fingerprint_of_nothing_is_absent(tmp_path: Path):
    assert fingerprint(tmp_path / "none") == "absent"


def test_source_outside_a_repository_has_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(provenance, "REPOSITORY", tmp_path)
    assert commit() is None


def test_installed_package_has_not_the_commit_of_the_repository_around_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    for words in ("add .", "-c user.name=n -c user.email=e commit -q --allow-empty -m first"):
        subprocess.run(["git", *words.split()], cwd=tmp_path, check=True)
    packages = tmp_path / "venv/lib/site-packages"
    packages.mkdir(parents=True)
    monkeypatch.setattr(provenance, "REPOSITORY", packages)
    assert commit() is None


def test_commit_marks_changed_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(provenance, "REPOSITORY", tmp_path)
    (tmp_path / "a.py").write_text("1")
    for words in ("init -q", "add .", "-c user.name=n -c user.email=e commit -qm first"):
        subprocess.run(["git", *words.split()], cwd=tmp_path, check=True)
    head = commit()
    assert head is not None
    assert len(head) == 12
    (tmp_path / "a.py").write_text("2")
    assert commit() == head + "+"
