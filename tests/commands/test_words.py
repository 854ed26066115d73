"""The command that writes class embeddings."""

from pathlib import Path

import pytest
import torch

from iclip.commands import words
from iclip.commands.command_line import main
from iclip.text.class_texts import read_class_texts
from iclip.words import embed_classes, read_class_embeddings
from iclip.zeroshot.loading import load_zero_shot_model


def run(*arguments: str | Path) -> int:
    return main(words, [*map(str, arguments), "--device", "cpu"])


def test_words_are_embedded_as_their_prompts(
    micro: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "below" / "words.safetensors"
    assert run(micro, "red fox, school bus", "--out", out, "--template", "one {}.") == 0
    shown = capsys.readouterr().out
    assert f"{out}: 2 classes, 0 of them with a description, 1 template, 16 dimensions" in shown
    expected = load_zero_shot_model(str(micro)).encode_texts(["one red fox.", "one school bus."])
    torch.testing.assert_close(read_class_embeddings(out).embeds, expected)


@pytest.mark.parametrize("variant", ["name", "name_description"])
def test_descriptions_of_a_table_are_read_unless_left_out(
    variant: str, micro: Path, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "words.safetensors"
    options = ["--names-only"] if variant == "name" else []
    assert run(micro, table, "--out", out, *options) == 0
    told = "names alone" if variant == "name" else "3 of them with a description"
    assert told in capsys.readouterr().out
    model = load_zero_shot_model(str(micro))
    expected = embed_classes(model, read_class_texts(table), variant=variant)
    assert read_class_embeddings(out).embeds.equal(expected.embeds)


@pytest.mark.parametrize(
    ("classes", "out", "message"),
    [
        ("fox, bus", "words.npz", "--out words.npz: give a file that ends in .safetensors"),
        ("fox,, bus", "words.safetensors", "CLASSES 'fox,, bus': 1 word of 3 is empty"),
        ("absent.jsonl", "words.safetensors", "CLASSES absent.jsonl: there is no such file"),
        ("very " * 30 + "long", "words.safetensors", "context_length=24 cuts the names of 1"),
    ],
)
def test_mistake_leaves_no_file(
    classes: str, out: str, message: str, micro: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert run(micro, classes, "--out", out) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
