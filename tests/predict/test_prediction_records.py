"""Pictures and records of predictions: written as they come, never overwritten."""

from pathlib import Path

import pytest

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from tests.support.stub_predictor import (
    StubPredictor,
    interrupt,
    journal,
    predict_on,
    write_blank_image,
)


def test_records_are_written_as_they_come(tmp_path: Path):
    files = [write_blank_image(tmp_path / f"{name}.png") for name in "abc"]
    interrupt(files, tmp_path / "out", at=3)
    assert [line["picture"] for line in journal(tmp_path / "out")] == ["a.jpg", "b.jpg"]
    assert not (tmp_path / "out/predictions.json").exists()


@pytest.mark.parametrize("cut", [1, 5, 30])
def test_line_that_was_cut_is_done_again(cut: int, tmp_path: Path):
    files = [write_blank_image(tmp_path / f"{name}.png") for name in "ab"]
    predict_on(files, tmp_path / "out")
    lines = tmp_path / "out/predictions.jsonl"
    lines.write_bytes(lines.read_bytes()[:-cut])
    (tmp_path / "out/b.jpg").unlink()
    predictor = StubPredictor()
    assert list(predict_on(files, tmp_path / "out", predictor).records) == ["a.jpg", "b.jpg"]
    assert predictor.calls == 1


def test_file_with_new_content_under_an_old_name_is_done(tmp_path: Path):
    file = write_blank_image(tmp_path / "a.png")
    predict_on([file], tmp_path / "out")
    write_blank_image(file, 8, 8)
    outcome = predict_on([file], tmp_path / "out")
    assert [record["size"] for record in outcome.records.values()] == [[6, 4], [8, 8]]
    assert list(outcome.records) == ["a.jpg", "a_2.jpg"]


def test_picture_that_was_deleted_is_drawn_again(tmp_path: Path):
    file = write_blank_image(tmp_path / "a.png")
    predict_on([file], tmp_path / "out")
    (tmp_path / "out/a.jpg").unlink()
    assert list(predict_on([file], tmp_path / "out").records) == ["a.jpg"]
    assert (tmp_path / "out/a.jpg").is_file()


def test_inputs_in_the_output_folder_stay(tmp_path: Path):
    file = write_blank_image(tmp_path / "a.jpg")
    before = file.read_bytes()
    assert list(predict_on([file], tmp_path).records) == ["a_2.jpg"]
    assert file.read_bytes() == before


def test_other_settings_are_refused(tmp_path: Path):
    file = write_blank_image(tmp_path / "a.png")
    predict_on([file], tmp_path / "out", settings={"checkpoint": "x.pth", "every": 1.0})
    told = r"settings \(checkpoint 'x\.pth', now 'y\.pth'\)\. Name another folder"
    with pytest.raises(ValueError, match=told):
        predict_on([file], tmp_path / "out", settings={"checkpoint": "y.pth", "every": 1.0})


def test_predictions_of_something_else_are_not_overwritten(tmp_path: Path):
    (tmp_path / "predictions.json").write_text("{}")
    with pytest.raises(ValueError, match=r"predictions\.json without predictions\.jsonl"):
        predict_on([write_blank_image(tmp_path / "a.png")], tmp_path)
    assert (tmp_path / "predictions.json").read_text() == "{}"


def test_damaged_journal_is_named_with_its_line(tmp_path: Path):
    file = write_blank_image(tmp_path / "a.png")
    predict_on([file], tmp_path / "out")
    lines = tmp_path / "out/predictions.jsonl"
    lines.write_text(lines.read_text() + "[]\n")
    with pytest.raises(ValueError, match=r"predictions\.jsonl, line 3 is not a line of pred"):
        predict_on([file], tmp_path / "out")
