"""What the scaling rules ask of a data set, and what no training can do with."""

from collections import Counter
from collections.abc import Callable

from iclip.finetune.choice import DataFacts
from iclip.messages import listing, printable
from iclip.own_data import OwnData
from iclip.own_data.data_set import TRAIN


def facts_of(data: OwnData, median_side: Callable[[OwnData], int | None]) -> DataFacts:
    """Collect what the rules ask of a data set.

    Args:
        data: The data set.
        median_side: The task's function of that name.

    Raises:
        ValueError: There is no class, or one name stands for two classes.
    """
    check_classes(data)
    shown = Counter(label for sample in data.parts[TRAIN] for label in set(sample.class_labels))
    return DataFacts(
        samples=len(data.parts[TRAIN]),
        median_side=median_side(data),
        samples_of_class=[shown[label] for label in range(len(data.classes))] if shown else (),
    )


def check_classes(data: OwnData) -> None:
    """Check that classes can be told from each other by their names.

    Raises:
        ValueError: They cannot, or there is none.
    """
    if not data.classes:
        raise ValueError(f"{data.root} ({data.format}) names no class; there is nothing to learn")
    twice = [name for name, count in Counter(data.classes).items() if count > 1]
    if twice:
        raise ValueError(
            f"{data.root} ({data.format}) names classes twice: {printable(listing(twice, 3))}. "
            "Give each class a name of its own, since predictions and figures go by the name"
        )
