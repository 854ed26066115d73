"""Classes that training never showed: figures on them beside those on seen ones, and pictures."""

from collections.abc import Sequence

from iclip.report.counted_samples import evaluation_in_words
from iclip.report.page_elements import Picture, Section, Table
from iclip.report.picture_section import FOLDER, NEW_CLASSES, pictures_of
from iclip.report.run import Run
from iclip.report.score_words import percents
from iclip.report.seeds import grouped
from iclip.results.toy_tables import NEW_CLASS_COLUMNS, NEW_CLASS_METRICS, mean_and_spread
from iclip.settings import get_setting

# Where the configs of the tasks have the type of their classifier.
_CLASSIFIERS = (
    "model.roi_head.bbox_head.cls_predictor_cfg",
    "model.decode_head.classifier",
    "model.cls_head.classifier",
)


def new_class_section(runs: Sequence[Run]) -> tuple[Section, list[tuple[str, str]]]:
    """Lay out the toy's runs that were trained on some of the classes that they are tested on.

    Returns:
        The section, empty without such runs, and the pictures that could not be read.
    """
    found = [run for run in runs if has_new_classes(run)]
    pictures: list[Picture] = []
    unread: list[tuple[str, str]] = []
    for run in found:
        folder = run.path / FOLDER / NEW_CLASSES
        if not folder.is_dir():
            continue
        of_run, problems, _ = pictures_of(run, folder)
        pictures += of_run
        unread += [(run.name, problem) for problem in problems]
    section = Section(
        "new-classes",
        "Detected, though no box ever showed one",
        text=[
            "These models were trained on the seen categories alone; nobody drew a box or a mask "
            "of the others, nor labelled them. Their texts alone name them: new combinations "
            "of words that labels had in other combinations, and new words that only captions had.",
            "LVIS's AP counts, in an image, the categories that are known of it; the pictures show "
            "every object that is named as a new class. White boxes are the annotated ones.",
        ]
        if found
        else (),
        tables=[new_class_table(found)] if found else (),
        pictures=pictures,
    )
    return section, unread


def has_new_classes(run: Run) -> bool:
    """Whether a run was evaluated on classes that its training never showed, as its config says.

    One that was trained on all classes may state the same figures.
    """
    return bool(run.config.get("new_classes")) and any(_figures([run]))


def new_class_table(runs: Sequence[Run]) -> Table:
    """List the figures on seen and new classes, mean and deviation over seeds."""
    rows = []
    for name, members in grouped(runs).items():
        cells = [mean_and_spread(values) for values in _figures(members)]
        first = members[0]
        counted = evaluation_in_words(first, first.evaluation) if first.evaluation else "-"
        rows.append([name, str(first.task), _classifier(first), *cells, str(len(members)), counted])
    return Table(
        "Seen and new classes of the toy world (%)",
        ["run", "task", "classifier", *NEW_CLASS_COLUMNS, "seeds", "counted"],
        rows,
        "Box AP, mIoU or top-1 among all classes. Mean ± sample standard deviation over seeds.",
    )


def _figures(runs: Sequence[Run]) -> list[list[float]]:
    """Return, for each column, the figures of the runs that have one, in percent."""
    scores = [percents(run.evaluation) for run in runs]
    metrics = NEW_CLASS_METRICS.get(runs[0].task or "", ())
    return [[of_run[name] for of_run in scores if name in of_run] for name in metrics]


def _classifier(run: Run) -> str:
    """Say how a run names classes: by texts, and by which part of them, or by weights."""
    for place in _CLASSIFIERS:
        classifier = get_setting(run.config, place)
        if classifier and "TextClassifier" in str(classifier.get("type")):
            variant = str(classifier.get("variant", "name_description"))
            return f"text: {variant.replace('_', ' and ')}"
    return "linear"
