"""The command that writes image embeddings into a table."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iclip.commands import embed
from iclip.commands.command_line import main
from iclip.zeroshot.loading import load_image_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two images, one of them by two names, a broken one, and a file that is none."""
    folder = tmp_path / "in puts"
    (folder / "below").mkdir(parents=True)
    for i, name in enumerate(("b.PNG", "below/a.png")):
        pixels = np.random.default_rng(i).integers(0, 256, (40, 50, 3), np.uint8)
        Image.fromarray(pixels).save(folder / name)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8 not an image")
    (folder / "notes.txt").touch()
    return folder


def run(*arguments: str | Path, cache: Path) -> int:
    return main(embed, [*map(str, arguments), "--device", "cpu", "--cache", str(cache)])


def test_table_has_a_row_per_image_as_the_model_embeds_it(
    micro: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "out/t.npz"
    inputs = (folder / "below/a.png", folder)  # the first is in the second, too
    assert run(micro, *inputs, "--out", table, cache=tmp_path / "c") == 0
    shown = capsys.readouterr().out
    assert f"{table}: 2 images x 48 numbers" in shown
    assert "left out, no images: 1 " in shown and "broken.jpg" in shown
    with np.load(table) as found:
        files, embeds = found["files"].tolist(), found["embeds"]
    assert files == [str(folder / "below/a.png"), str(folder / "b.PNG")]
    model = load_image_model(str(micro))
    for file, row in zip(files, embeds, strict=True):
        images = model.transform(Image.open(file))[None]
        assert np.allclose(row, model.encode_images(images)[0], atol=1e-5)


@pytest.mark.parametrize(
    ("inputs", "out", "message"),
    [
        (["absent"], "t.npz", "INPUT absent does not exist"),
        (["empty"], "t.npz", "INPUT empty holds no images"),
        (["in puts"], "t.json", "--out t.json: give a file that ends in .npz or .csv"),
    ],
)
def test_mistake_is_said_before_the_model_is_read(
    inputs: list[str], out: str, message: str, folder: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(folder.parent)
    os.mkdir("empty")
    assert run("no_model.pth", *inputs, "--out", out, cache=Path("c")) == 2
    assert message in capsys.readouterr().err
    assert not Path(out).exists()
