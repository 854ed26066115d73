"""The command that segments images by words."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iclip.commands import segment
from iclip.commands.command_line import main
from iclip.files.one_owner import one_owner
from iclip.report.anchor_section import anchor_section
from iclip.report.page_elements import Cell
from iclip.report.run_folders import find_runs
from iclip.report.run_scores import scores_of
from iclip.results import WORD_MAPS, load_result


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Two images, a broken one, and a file that is none."""
    folder = tmp_path / "in puts"
    folder.mkdir()
    for i, name in enumerate(("a.png", "b.JPG")):
        pixels = np.random.default_rng(i).integers(0, 256, (40, 50, 3), np.uint8)
        Image.fromarray(pixels).save(folder / name)
    (folder / "notes.txt").touch()
    return folder


def run(*arguments: str | Path) -> int:
    return main(segment, [*map(str, arguments), "--device", "cpu"])


def test_pictures_and_index_maps_are_written_and_continued(
    micro: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "segments"
    arguments = (micro, images, "--words", "photo, red", "--background", "a")
    assert run(*arguments, "--format", "pictures,masks,csv") == 0
    shown = capsys.readouterr().out
    assert "2 files; left out: 1 .txt" in shown
    assert "64 pixels on the shorter side (pre-training: 32), 8 pixels per position" in shown
    assert (out / "a.jpg").is_file() and (out / "predictions.csv").is_file()
    assert (out / "masks/classes.txt").read_text() == "photo\nred\nbackground\n"
    found = np.asarray(Image.open(out / "masks/masks/b.png"))
    assert found.shape == (40, 50) and set(np.unique(found)) <= {0, 1, 2, 255}
    record = json.loads((out / "predictions.json").read_text())["b.jpg"]
    for name, share in zip(record["labels"], record["shares"], strict=True):
        label = ("photo", "red", "background").index(name)
        assert share == pytest.approx((found == label).mean(), abs=1e-4)
    assert run(*arguments) == 0
    assert "2 of the files were done before" in capsys.readouterr().out
    assert run(*arguments, "--odds", "3") == 2
    assert "holds predictions with other settings (odds 2.0, now 3.0)" in capsys.readouterr().err


def test_two_commands_do_not_write_into_one_folder(
    micro: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with one_owner(tmp_path / "out", "--out"):
        assert run(micro, images, "--words", "photo, red", "--out", tmp_path / "out") == 2
    assert "out is in use by process" in capsys.readouterr().err
    assert not list((tmp_path / "out").iterdir())


def test_words_are_compared_with_label_maps(
    micro: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        drawn = np.tile(np.array([0, 1, 2, 255, 1], np.uint8), (40, 10))
        (tmp_path / "maps").mkdir(exist_ok=True)
        Image.fromarray(drawn).save(tmp_path / f"maps/{name}.png")
    words = tmp_path / "words.txt"
    words.write_text("photo\nred\n", encoding="utf-16")
    result = tmp_path / "of words/maps.json"
    maps = ("--label-maps", tmp_path / "maps", "--first-number", "1", "--json", result)
    assert run(micro, images, "--words", words, *maps) == 0
    shown = capsys.readouterr().out
    assert "photo  (1,600 pixels)" in shown and "red  (800 pixels)" in shown
    assert "(2 images; no label map was trained on); words drawn at random: mIoU" in shown
    found = load_result(result)
    (part,) = found.sets
    assert (found.kind, part.images, part.expected, part.protocol) == (WORD_MAPS, 2, 2, None)
    assert f"mIoU {part.short_scores['mIoU']:.1f} %" in shown
    assert found.settings.image_size == 64 and found.settings.checkpoint is not None
    assert found.provenance.version and found.provenance.date

    toy = ("--protocol", "toy-untrained-maps", "--limit", "1")
    assert run(micro, images, "--words", "photo, red", "--background", "a", *maps, *toy) == 0
    assert "1 of 2 files" in capsys.readouterr().out
    (run_of_words,) = find_runs([tmp_path / "of words"])
    score, _ = scores_of(run_of_words)
    assert (score.metric, score.protocol, score.deviations) == ("maps/mIoU", toy[1], ())
    assert str(score.counts) == "1 of 2 images"
    assert score.how.startswith("fp32, 64 pixels, 2 words and 1 of the background, templates simp")
    assert beside(tmp_path / "of words")[2:] == ["1 of 2 images"]  # none is published


def test_a_figure_of_other_numbers_than_its_protocols_stands_beside_none(
    micro: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "maps").mkdir()
    for name in ("a", "b"):
        Image.new("L", (50, 40)).save(tmp_path / f"maps/{name}.png")
    maps = ("--label-maps", tmp_path / "maps", "--json", tmp_path / "o/x.json")
    ade = ("--protocol", "ade150-untrained-maps")
    assert run(micro, images, "--words", "photo, red", *maps, *ade) == 0
    assert "deviates from ade150-untrained-maps: 2 words, not 150" in capsys.readouterr().out
    told = "differs from the protocol: 2 images, not 2,000; 2 words, not 150"
    assert beside(tmp_path / "o")[2:4] == ["2 of 2,000 images", Cell(told, "unknown")]
    before = (tmp_path / "o/x.json").read_bytes()
    assert run(micro, images, "--words", "photo, red", *maps, "--first-number", "7") == 2
    assert "no pixel has the number of a word, 7 to 8; --first-number" in capsys.readouterr().err
    assert (tmp_path / "o/x.json").read_bytes() == before


def beside(folder: Path) -> Sequence[Cell | str]:
    """Return the one row of the report that sets the figure of a folder beside published ones."""
    (table,) = anchor_section(find_runs([folder]), []).tables
    (row,) = table.rows
    return row


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--words", "a,b", "--out", "o", "--label-maps", "m"], "--label-maps DIR draws none"),
        (["--words", "a,b", "--out", "o", "--json", "j"], "--json is for a figure, which needs"),
        (
            ["--words", "a,b", "--label-maps", "m", "--protocol", "ade150-openvocab"],
            "--protocol ade150-openvocab: it takes ade150-untrained-maps or toy-untrained-maps",
        ),
        (["--words", "a", "--out", "o"], "--words names 'a' alone"),
        (["--words", "a,,b", "--out", "o"], "--words 'a,,b': 1 word of 3 is empty"),
        (
            ["--words", "a,b", "--background", "x,X", "--out", "o"],
            "--background 'x,X': 1 word mo",
        ),
        (["--words", "a,b", "--out", "o", "--format", "voc"], "--format voc: 'voc' is not one of"),
        (["--words", "a,b", "--out", "o", "--every", "0"], "--every 0.0: give seconds above 0"),
        (["--words", "a,b", "--out", "o", "--templates", "b"], "templates='b' is not a known set"),
        (["--words", "red " * 40 + ",b", "--out", "o"], "cuts the names of 1 class"),
    ],
)
def test_mistake_is_said_and_nothing_is_written(
    options: list[str], message: str, micro: Path, images: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert run(micro, images, *options) == 2
    assert message in capsys.readouterr().err
    assert not Path("o").exists()
