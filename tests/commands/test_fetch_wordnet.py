from pathlib import Path

import pytest

from iclip.commands import fetch_wordnet
from iclip.commands.command_line import main
from iclip.text.sources import wordnet_fetch


def test_sources_out_of_reach_are_a_failure_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreachable(folder: Path) -> Path:
        raise OSError("no network")

    monkeypatch.setattr(wordnet_fetch, "_from_nltk", unreachable)
    monkeypatch.setattr(wordnet_fetch, "_from_debian", unreachable)
    assert main(fetch_wordnet, ["--dir", str(tmp_path / "wordnet")]) == 1
    told = capsys.readouterr().err
    assert told.startswith("fetch_wordnet: WordNet could not be fetched")
    assert "NLTK's downloader: no network" in told
    assert "On a machine with internet, run" in told


def test_another_folder_in_the_way_is_the_users_to_move(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "corpora/wordnet").mkdir(parents=True)
    assert main(fetch_wordnet, ["--dir", str(tmp_path)]) == 2
    assert "exists and cannot be used" in capsys.readouterr().err
