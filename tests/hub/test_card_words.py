"""The sentences of a card: one of each kind for every task."""

from iclip.hub.card_words import INTENDED, LOADING, PIPELINES, WHAT
from iclip.tasks import PRE_TRAINING, TRANSFERS


def test_every_task_has_all_sentences():
    tasks = {PRE_TRAINING, *TRANSFERS}
    assert set(WHAT) == set(INTENDED) == set(PIPELINES) == tasks
    assert {task for library, task in LOADING if library == "iclip"} == tasks


def test_lines_are_python():
    for lines in LOADING.values():
        compile("\n".join(line.format(name="hf-hub:a/b") for line in lines), "card", "exec")
