"""What is kept follows the images' content: labels, captions, names and order may all change."""

import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iclip.commands import probe as probe_command
from iclip.commands.command_line import main
from iclip.results import Unread
from iclip.text.class_prompts import ClassPrompts
from iclip.text.class_texts import read_class_texts
from iclip.zeroshot import cached_embeddings
from iclip.zeroshot.cached_embeddings import embed, unread_summary
from iclip.zeroshot.class_folders import class_folders
from iclip.zeroshot.classification import evaluate_set
from iclip.zeroshot.classification_suites import own_set
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.image_readers import ImageArrays
from iclip.zeroshot.retrieval import evaluate_retrieval
from iclip.zeroshot.retrieval_sets import read_captions
from tests.zeroshot.caption_sets import write_captions
from tests.zeroshot.networks import Counting, NotFinite, with_network


@pytest.fixture
def model(tiny: ImageTextEmbedder) -> ImageTextEmbedder:
    return with_network(tiny, Counting(tiny.network))


def embedded(model: ImageTextEmbedder) -> int:
    """How many images the model has embedded."""
    return sum(model.network.images)


def by_hand(model: ImageTextEmbedder, photos: Path, table: Path) -> float:
    """Top-1 in percent, image by image, nothing kept."""
    texts = read_class_texts(table)
    weights = model.class_embeds(ClassPrompts(texts, model.tokenizer))
    files = sorted(photos.rglob("*.png"))
    right = 0
    for file in files:
        image = model.transform(Image.open(file).convert("RGB"))
        best = (model.encode_images(image[None]) @ weights.T).argmax().item()
        right += texts.ids[int(best)] == file.parent.name
    return 100 * right / len(files)


def figure(model: ImageTextEmbedder, photos: Path, table: Path, cache: Path) -> float:
    images = own_set(photos, read_class_texts(table))
    return evaluate_set(model, images, embed(model, images.reader, cache)).score


def test_class_table_in_another_order(
    model: ImageTextEmbedder, photos: Path, table: Path, tmp_path
):
    expected = by_hand(model, photos, table)
    assert figure(model, photos, table, tmp_path / "c") == pytest.approx(expected)
    before = embedded(model)
    lines = table.read_text().splitlines()
    for order in ([2, 0, 1], [1, 2, 0], [2, 1, 0]):
        table.write_text("".join(f"{lines[i]}\n" for i in order))
        assert figure(model, photos, table, tmp_path / "c") == pytest.approx(expected)
    assert embedded(model) == before


def test_pictures_moved_to_another_class(
    model: ImageTextEmbedder, photos: Path, table: Path, tmp_path
):
    figure(model, photos, table, tmp_path / "c")
    (photos / "n1").rename(photos / "n")
    (photos / "n2").rename(photos / "n1")
    (photos / "n").rename(photos / "n2")
    before = embedded(model)
    assert figure(model, photos, table, tmp_path / "c") == pytest.approx(
        by_hand(model, photos, table)
    )
    assert embedded(model) == before + 15  # those of by_hand


def test_pictures_replaced_under_the_same_names_sizes_and_times(
    model: ImageTextEmbedder, photos: Path, table: Path, tmp_path: Path
):
    files = sorted(photos.rglob("*.png"))
    for file in files:  # bitmaps of one size are files of one size
        Image.open(file).save(file.with_suffix(".bmp"))
        file.unlink()
    files = [file.with_suffix(".bmp") for file in files]
    reader = own_set(photos, read_class_texts(table)).reader
    first = embed(model, reader, tmp_path / "c").embeds
    contents = [file.read_bytes() for file in files]
    times = [file.stat() for file in files]
    for file, content, time in zip(files, contents[5:] + contents[:5], times, strict=True):
        file.write_bytes(content)
        os.utime(file, ns=(time.st_atime_ns, time.st_mtime_ns))
    second = embed(model, reader, tmp_path / "c").embeds
    assert np.array_equal(second, np.roll(first, -5, axis=0))
    assert embedded(model) == 15


def test_copies_need_no_embedding(
    model: ImageTextEmbedder, photos: Path, table: Path, tmp_path: Path
):
    figure(model, photos, table, tmp_path / "c")
    shutil.copytree(photos, tmp_path / "elsewhere")
    figure(model, tmp_path / "elsewhere", table, tmp_path / "c")
    assert embedded(model) == 15
    Image.new("RGB", (40, 40), "red").save(photos / "n1/9.png")
    figure(model, photos, table, tmp_path / "c")
    assert embedded(model) == 16


def test_caption_file_in_another_order(model: ImageTextEmbedder, photos: Path, tmp_path: Path):
    recalls = []
    for seed in (0, 1):
        path = write_captions(tmp_path / "captions.json", photos, shuffled=seed)
        images = read_captions(path, photos)
        found = embed(model, images.reader, tmp_path / "c")
        recalls.append(evaluate_retrieval(model, images, found).short_scores)
        fresh = embed(model, images.reader, tmp_path / f"fresh{seed}")
        assert evaluate_retrieval(model, images, fresh).short_scores == recalls[-1]
    assert recalls[0] == recalls[1]
    assert embedded(model) == 15 * 3


def test_probe_with_another_training_part(
    tiny_name: str, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture
):
    """The classes of --train number the labels of both parts."""
    test = tmp_path / "test"
    for name in ("n2", "n3"):
        shutil.copytree(photos / name, test / name)
    figures = []
    for number, cache in enumerate(("kept", "kept", "fresh")):
        train = tmp_path / f"train{min(number, 1)}"
        if not train.exists():
            shutil.copytree(photos, train)
        if number == 1:
            shutil.rmtree(train / "n1")
        out = ["--cache", str(tmp_path / cache), "--json", str(tmp_path / "probe.json")]
        line = [tiny_name, "--train", str(train), "--test", str(test), "--device", "cpu", *out]
        assert main(probe_command, line) == 0
        figures.append(json.loads((tmp_path / "probe.json").read_text())["results"])
    kept, fresh = (figure[str(test)] for figure in figures[1:])
    for figure in ("probe", "few_shot"):
        assert kept[figure] == fresh[figure]


@pytest.mark.parametrize("sampled", [1, 5, 256])
def test_set_is_found_by_some_of_its_images(
    sampled: int, model: ImageTextEmbedder, photos: Path, table: Path, tmp_path, monkeypatch
):
    """What nothing is kept of is read once for its embeddings; else all of it is looked up."""
    monkeypatch.setattr(cached_embeddings, "NUM_SAMPLED", sampled)
    reader = own_set(photos, read_class_texts(table)).reader
    other = ImageArrays(np.zeros((1, 8, 8, 3), np.uint8))
    embed(model, other, tmp_path / "c")
    content, asked = reader.content, []
    monkeypatch.setattr(reader, "content", lambda i: asked.append(i) or content(i))
    first = embed(model, reader, tmp_path / "c").embeds
    assert len(asked) == 15 + min(sampled, 15)
    asked.clear()
    assert np.array_equal(embed(model, reader, tmp_path / "c").embeds, first)
    assert set(asked) == set(range(15))
    assert embedded(model) == 16


def test_batches_and_workers_change_nothing(
    tiny: ImageTextEmbedder, photos: Path, table: Path, tmp_path: Path
):
    reader = class_folders(photos, read_class_texts(table)).reader
    one = embed(tiny, reader, tmp_path / "a", batch_size=15)
    two = embed(tiny, reader, tmp_path / "b", batch_size=4, workers=1)
    np.testing.assert_allclose(one.embeds, two.embeds, atol=1e-6)
    assert np.array_equal(one.numbers, two.numbers)


def test_broken_and_missing_pictures_are_counted_and_named(
    tiny: ImageTextEmbedder, photos: Path, table: Path, tmp_path: Path
):
    images = own_set(photos, read_class_texts(table))
    (photos / "n2/3.png").write_bytes(b"no picture")
    (photos / "n3/0.png").unlink()
    found = embed(tiny, images.reader, tmp_path / "cache")
    result = evaluate_set(tiny, images, found)
    assert (result.images, result.expected) == (13, 15)
    assert result.unread.broken.count == 1
    assert result.unread.missing == Unread(1, ("n3/0.png (no such file)",))
    told = unread_summary(found)
    assert told.startswith("1 of 15 images could not be read: n2/3.png (")
    assert told.endswith("; 1 of 15 images are missing: n3/0.png (no such file)")


def test_set_without_a_readable_image_is_an_error(
    tiny: ImageTextEmbedder, photos: Path, table: Path, tmp_path: Path
):
    reader = own_set(photos, read_class_texts(table)).reader
    for file in photos.rglob("*.png"):
        file.write_bytes(b"")
    with pytest.raises(ValueError, match=r"none of 15 images could be read: n1/0\.png .*12 more"):
        embed(tiny, reader, tmp_path)


def test_empty_set_is_an_error(tiny: ImageTextEmbedder, tmp_path: Path):
    with pytest.raises(ValueError, match="the data set holds no images"):
        embed(tiny, ImageArrays(np.empty((0, 8, 8, 3), np.uint8)), tmp_path)


def test_embeddings_that_are_not_finite_are_counted_named_and_not_kept(
    tiny: ImageTextEmbedder, photos: Path, table: Path, tmp_path: Path
):
    Image.new("RGB", (32, 32)).save(photos / "n1/2.png")
    Image.new("RGB", (32, 32), (1, 1, 1)).save(photos / "n3/4.png")
    reader = own_set(photos, read_class_texts(table)).reader
    faulty = with_network(tiny, NotFinite(tiny.network, bright=0.0))
    for _ in range(2):
        with pytest.raises(
            ValueError, match=r"2 of 15 image embeddings are not finite .*: n1/2\.png, n3/4\.png"
        ):
            embed(faulty, reader, tmp_path)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_progress_is_shown_on_a_terminal_only(
    is_terminal: bool, tiny: ImageTextEmbedder, photos: Path, table: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    reader = own_set(photos, read_class_texts(table)).reader
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    for _ in range(2):
        embed(tiny, reader, tmp_path, batch_size=4)
    told = capsys.readouterr().err
    assert ("embedding   15/15" in told) == is_terminal
    assert ("looking up  15/15" in told) == is_terminal
