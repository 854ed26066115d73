"""The sentences of a card: one of each kind for every task."""

from iclip.hub.card_words import INTENDED, LOADING, OTHER_WORDS, PIPELINES, WHAT
from iclip.tasks import PRE_TRAINING, TRANSFERS, VIDEO


def test_every_task_has_all_sentences():
    tasks = {PRE_TRAINING, *TRANSFERS}
    assert set(WHAT) == set(INTENDED) == set(PIPELINES) == tasks
    assert {task for library, task in LOADING if library == "iclip"} == tasks


def test_lines_are_python():
    for lines in (*LOADING.values(), OTHER_WORDS):
        filled = (line.format(name="hf-hub:a/b", tower="t.pth") for line in lines)
        compile("\n".join(filled), "card", "exec")


def test_a_model_of_videos_is_shown_a_video():
    assert "predict('video.mp4')" in LOADING["iclip", VIDEO][-1]
