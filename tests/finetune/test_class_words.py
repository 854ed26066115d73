"""The words of the user's classes: where they come from, and what no text tower takes."""

from pathlib import Path

import pytest
import torch
from mmengine.registry import MODELS, DefaultScope

from iclip.finetune.class_words import TABLE, choose_words, chosen_from, texts_for
from iclip.finetune.tasks import TASK_NAMES, task_named
from iclip.text.class_texts import ClassText, ClassTexts, write_class_texts
from iclip.text.sources.wordnet import WORDNET_ENV
from tests.support.own_choice import CPU, choice_for, micro_backbone, own_data
from tests.support.written_run import written

FORMATS = {
    "detection": "YOLO", "segmentation": "masks", "video": "class folders",
    "classification": "class folders",
}  # fmt: skip


def test_linear_classifier_reads_no_words():
    assert choose_words(None, ["cat"], None, None) is None
    assert choose_words("linear", ["cat"], "absent.jsonl", "absent.pth") is None


def test_names_are_described_by_their_first_sense(small_wordnet: Path):
    texts, why = texts_for(["03_Crane", "n01440764", "my_own-thing"], None)
    assert list(texts) == [
        ClassText("03_Crane", ("Crane",), "large wading bird; of marshes"),
        ClassText(
            "n01440764", ("tench", "Tinca tinca"), "freshwater dace-like game fish of Europe"
        ),
        ClassText("my_own-thing", ("my own-thing",)),
    ]
    assert why == ("the names, 2 descriptions of WordNet's (first senses); none for my own-thing")


def test_names_stand_alone_without_wordnet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(WORDNET_ENV, str(tmp_path))
    texts, why = texts_for(["red_fox", "bus"], None)
    assert list(texts) == [ClassText("red_fox", ("red fox",)), ClassText("bus", ("bus",))]
    assert why.startswith("the names alone; descriptions: --class-texts")


def test_without_wordnet_names_are_described_as_the_labels_of_the_pretraining(
    labelled_micro: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(WORDNET_ENV, str(tmp_path))
    words = choose_words("text", ["red_fox", "bus"], None, str(labelled_micro))
    assert words is not None
    assert [text.description for text in words.texts] == ["a reddish brown fox", ""]
    assert words.why == "the names, 1 description of the pre-training's labels; none for bus"


def test_table_is_put_in_the_order_of_the_labels_under_the_data_s_names(table: Path):
    texts, why = texts_for(["Lemon", "CRANE", "tench"], str(table))
    assert list(texts) == [
        ClassText("Lemon", ("lemon",), "yellow fruit"),
        ClassText("CRANE", ("crane",), "large wading bird"),
        ClassText("tench", ("tench",), "freshwater fish"),
    ]
    assert why == "photos.jsonl, matched by name"


def test_larger_table_gives_the_classes_of_the_data(table: Path):
    texts, why = texts_for(["n3", "Crane"], str(table))
    assert [text.names for text in texts] == [("lemon",), ("crane",)]
    assert why == "photos.jsonl, 1 of its lines are of other classes"


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (["fox", "n3"], r"--class-texts F has no line for 1 class of 2: fox"),
        (["bat", "n3"], r"--class-texts F has several lines for 1 class of 2: bat"),
        # The table's own numbers are not the data's.
        (["7", "n3"], r"--class-texts F has no line for 1 class of 2: 7"),
    ],
)
def test_class_without_a_line_of_its_own_is_named(classes: list[str], message: str):
    names = ("bat", "bat", "lemon")
    texts = [ClassText(f"n{i}", (name,)) for i, name in enumerate(names, 1)]
    given = ClassTexts([*texts, ClassText("7", ("swan",))])
    wanted = [ClassText(name, (name,)) for name in classes]
    with pytest.raises(ValueError, match=message):
        chosen_from(given, wanted, "--class-texts F")


def test_words_without_a_text_tower_are_refused(tmp_path: Path, micro: Path):
    with pytest.raises(ValueError, match="--classifier text without --checkpoint"):
        choose_words("text", ["cat", "dog"], None, None)
    other = tmp_path / "swin.pth"
    torch.save({"state_dict": {"a": torch.zeros(1)}, "meta": {}}, other)
    with pytest.raises(ValueError, match=r"--checkpoint .*swin\.pth: the file has no text tower"):
        choose_words("text", ["cat", "dog"], None, str(other))
    with pytest.raises(ValueError, match="cuts the names of 1 class: very"):
        choose_words("text", ["cat", "very" + " long" * 40], None, str(micro))


@pytest.mark.parametrize("task", TASK_NAMES)
def test_written_config_builds_a_classifier_of_the_words(task: str, micro: Path, tmp_path: Path):
    words = choose_words("text", ["cat", "dog"], None, str(micro))
    assert words is not None
    data = own_data(task, format=FORMATS[task])
    choice = choice_for(
        task_named(task).recipe, data, micro_backbone(), CPU, words=words, classifier="text"
    )
    rows = {row.setting: (row.value, row.why) for row in choice.rows}
    assert rows["--classifier"] == ("text", "16 dimensions of the joint space")
    assert rows["class texts"] == ("2", words.why)
    cfg = written(tmp_path, choice)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build(cfg.model)
    write_class_texts(tmp_path / "data" / TABLE, words.texts)
    (classifier,) = [part for part in model.modules() if hasattr(part, "text_tower")]
    assert classifier.num_classes == 2 and classifier.embed_dim == 16
    classifier.projection_start = "new"  # the micro model's features are of another size
    classifier.init_weights()
    assert classifier.texts == words.texts
