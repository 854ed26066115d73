"""What a classifier by words reads of the user's classes: a table, WordNet, or the names alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iclip.finetune.asked import TEXT
from iclip.finetune.config_text import DATA_FOLDER
from iclip.messages import counted, listing, one_line
from iclip.text.class_texts import ClassText, ClassTexts, read_class_texts
from iclip.text.same_words import normalized
from iclip.text.sources.wordnet import WordNet
from iclip.words import embed_classes
from iclip.zeroshot.class_names import texts_in_order_of
from iclip.zeroshot.frozen_ways import texts_of_classes
from iclip.zeroshot.loading import load_zero_shot_model

# The table in a run's folder of data.
TABLE = "class_texts.jsonl"


@dataclass(frozen=True)
class ClassWords:
    """The words of a run's classes.

    Attributes:
        texts: The classes, in the order of labels.
        why: Where the texts come from, in words.
        embed_dim: Dimensions of the text tower's joint space.
        checkpoint: The pre-training whose text tower embeds them.
    """

    texts: ClassTexts
    why: str
    embed_dim: int
    checkpoint: str

    def classifier(self) -> dict[str, Any]:
        """Return the settings of the classifier, but for what a task's head adds."""
        return dict(
            type="iclip.TextClassifier",
            embed_dim=self.embed_dim,
            class_texts=f"{DATA_FOLDER}/{TABLE}",
            checkpoint=self.checkpoint,
        )


def choose_words(
    classifier: str | None, classes: Sequence[str], table: str | None, checkpoint: str | None
) -> ClassWords | None:
    """Choose the words of the classes; None for a linear classifier.

    They are embedded once, so that words which no text tower takes are refused before a run begins.

    Args:
        classifier: ``--classifier``.
        classes: Names of the classes, in the order of labels.
        table: ``--class-texts``.
        checkpoint: ``--checkpoint``.

    Raises:
        FileNotFoundError: There is no such table.
        ValueError: There is no text tower, the table does not fit the classes, or a name is longer
            than the context.
    """
    if classifier != TEXT:
        return None
    if checkpoint is None:
        raise ValueError(
            "--classifier text without --checkpoint: the names of the classes are read by the text "
            "tower of a pre-training. Name its file"
        )
    texts, why = texts_for(classes, table)
    try:
        model = load_zero_shot_model(checkpoint)
    except ValueError as error:
        raise ValueError(
            f"--classifier text and --checkpoint {checkpoint}: the file has no text tower that can "
            f"read the classes' names ({one_line(error, 200)}). Name the pre-training's own file, "
            "or leave --classifier out"
        ) from error
    embeddings = embed_classes(model, texts)
    if embeddings.warning:
        why += f". WARNING: {embeddings.warning}"
    return ClassWords(texts, why, len(embeddings.probe), checkpoint)


def texts_for(classes: Sequence[str], table: str | None) -> tuple[ClassTexts, str]:
    """Return the classes' texts, and where they come from.

    Args:
        classes: Names of the classes, in the order of labels.
        table: The user's table; None: WordNet, where it is installed.

    Raises:
        FileNotFoundError: There is no such table.
        ValueError: The table does not fit the classes.
    """
    names = texts_of_classes(classes)
    if table is not None:
        given, place = read_class_texts(table), f"--class-texts {table}"
        larger = len(given) > len(names)
        placed, matched = (chosen_from if larger else texts_in_order_of)(given, names, place)
        # By the data's own names, so that the table that is written can be held against the data.
        pairs = zip(classes, placed, strict=True)
        texts = ClassTexts(ClassText(name, text.names, text.description) for name, text in pairs)
        return texts, f"{Path(table).name}, {matched}"
    try:
        dictionary = WordNet()
    except FileNotFoundError:
        return names, "the names alone; descriptions: --class-texts, or iclip fetch-wordnet"
    texts = ClassTexts(described(text, dictionary) for text in names)
    without = [text.names[0] for text in texts if not text.description]
    told = f"the names, {counted(len(texts) - len(without), 'description')} of WordNet's"
    if len(without) < len(texts):
        told += " (first senses)"
    return texts, told + (f"; none for {listing(without, 3)}" if without else "")


def chosen_from(
    table: ClassTexts, wanted: Sequence[ClassText], where: str
) -> tuple[ClassTexts, str]:
    """Choose the classes of a data set from a larger table, by id or else by first name.

    Args:
        table: The user's table; its ids count unless they are numbers.
        wanted: The data set's own texts, in the order of the labels.
        where: The table's path, for messages.

    Returns:
        The texts in the labels' order, and how they were found, in words.

    Raises:
        ValueError: A class has none or several of the lines.
    """
    # Ids that are numbers prove nothing: another table counts other classes by them.
    by_id = {text.id: [text] for text in table if not text.id.isdigit()}
    by_name: dict[str, list[ClassText]] = {}
    for text in table:
        by_name.setdefault(normalized(text.names[0]), []).append(text)
    found = [by_id.get(text.id) or by_name.get(normalized(text.names[0]), []) for text in wanted]
    for count, told in ((0, "has no line for"), (2, "has several lines for")):
        odd = [
            text.id
            for text, lines in zip(wanted, found, strict=True)
            if min(len(lines), 2) == count
        ]
        if odd:
            raise ValueError(
                f"{where} {told} {counted(len(odd), 'class', 'classes')} of {len(wanted)}: "
                f"{listing(odd, 5)}. Lines are found by their id or their first name"
            )
    left = len(table) - len(wanted)
    return ClassTexts(lines[0] for lines in found), f"{left:,} of its lines are of other classes"


def described(text: ClassText, dictionary: WordNet) -> ClassText:
    """Describe a class by its id, where that is WordNet's, else by the first sense of its name."""
    known = dictionary.find(text.id)
    if known is not None:
        return ClassText(text.id, known.names, known.description)
    found = dictionary.find_name(text.names[0])
    return text if found is None else ClassText(text.id, text.names, found.description)
