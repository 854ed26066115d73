"""What is known to differ from the paper's, read from settings."""

from pathlib import Path

from iclip.report.causes import causes_in_words, causes_of, pretraining_of
from iclip.report.run_folders import find_runs
from iclip.report.run_reader import read_run
from tests.support.run_folder import DETECTION, SAMPLES, pretraining, write_run


def words(folder: Path, name: str = "") -> list[str]:
    runs = find_runs([folder])
    run = next(run for run in runs if run.name == name) if name else runs[0]
    return [str(cause) for cause in causes_of(run, runs)]


def test_a_transfers_causes_are_its_recipe_and_its_pretrainings_protocol(tmp_path: Path):
    write_run(tmp_path / "pre", pretraining(), {}, samples_seen=SAMPLES)
    write_run(tmp_path / "lvis", DETECTION.replace("a.pth", "pre/latest.pth"), {"lvis/AP": 1.0})
    found = words(tmp_path, "lvis")
    assert found[0] == "epochs 12, not 24"
    assert "pre-training: image tower tiny, not base" in found
    assert any(cause.startswith("pre-training: data in21k + yfcc14m") for cause in found)
    # What the config does not say is not known to differ.
    assert not any("batch" in cause or "score threshold" in cause for cause in found)


def test_a_run_from_another_start_has_no_causes_of_a_pretraining(tmp_path: Path):
    write_run(tmp_path / "pre", pretraining(), {})
    write_run(tmp_path / "lvis", DETECTION, {"lvis/AP": 1.0})
    assert not any("pre-training" in cause for cause in words(tmp_path, "lvis"))


def test_the_toy_world_is_a_cause(tmp_path: Path):
    write_run(tmp_path / "pre", pretraining(data="toy/"), {})
    toy = DETECTION.replace("a.pth", "pre/latest.pth") + "toy = 'data/toy/lvis'\n"
    write_run(tmp_path / "lvis", toy, {})
    found = words(tmp_path, "lvis")
    assert found[0] == "data the toy world's, not the paper's"
    assert found[-1] == "data of the pre-training the toy world's, not the paper's"


def test_a_run_of_pretraining_has_its_own_recipes_causes(tmp_path: Path):
    write_run(tmp_path / "pre", pretraining() + "global_batch_size = 512\n", {})
    assert words(tmp_path) == ["global batch 512, not 4,160"]


def test_a_checkpoint_that_cannot_be_a_path_is_of_no_run(tmp_path: Path):
    write_run(tmp_path / "pre", pretraining(), {})
    write_run(tmp_path / "lvis", DETECTION.replace("a.pth", "x" * 5000), {})
    assert words(tmp_path, "lvis")[0] == "epochs 12, not 24"


def test_what_is_not_known_is_said(tmp_path: Path):
    assert causes_in_words([]) == "nothing is known to differ"
    write_run(tmp_path / "a", "", {"x": 1.0})
    assert words(tmp_path) == []


def test_the_checkpoint_itself_tells_the_pretraining(tmp_path: Path):
    """Of two runs whose folders have one name, the one that holds the file."""
    for place in ("one", "two"):
        write_run(tmp_path / place / "pre", pretraining(), {})
    (tmp_path / "two/pre/latest.pth").write_bytes(b"")
    start = str(tmp_path / "two/pre/latest.pth")
    write_run(tmp_path / "lvis", DETECTION.replace("a.pth", start), {})
    runs = find_runs([tmp_path])
    found = pretraining_of(read_run(tmp_path / "lvis", "lvis"), runs)
    assert found is not None and found.name == "two/pre"
