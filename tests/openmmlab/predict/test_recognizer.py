"""What video classifiers find, on models with random weights."""

from pathlib import Path

import av
import numpy as np
import pytest

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.openmmlab.predict.predictors import build_predictor
from iclip.openmmlab.predict.recognizer import Recognizer
from iclip.toy.kinetics import MOTIONS
from tests.support.framework_predictions import (
    predict_on,
    random_predictor,
    toy_config,
    tsn_config,
)
from tests.support.made_up_embeddings import made_up_embeddings
from tests.support.random_weights import save_random_weights
from tests.support.video_files import write_lighter_and_lighter


def test_clips_have_their_likeliest_classes(tmp_path: Path):
    cfg = toy_config("k400_video_swin")
    cfg.test_dataloader.dataset.ann_file = str(tmp_path / "val.txt")
    (tmp_path / "labels.txt").write_text("\n".join(MOTIONS) + "\n")
    predictor = random_predictor(cfg, tmp_path)
    clip = write_lighter_and_lighter(tmp_path / "clip.mp4", frames=40)
    record = predict_on(predictor, [clip], tmp_path).records["clip.jpg"]
    assert len(record["labels"]) == 5
    assert set(record["labels"]) <= set(MOTIONS)
    assert record["scores"] == sorted(record["scores"], reverse=True)
    assert 0 < sum(record["scores"]) <= 1.001
    (found,) = predictor.predict([clip])
    assert found.scores.sum() == pytest.approx(1) and sorted(found.labels) == [*range(8)]


def test_scores_equal_those_of_mmactions_inferencer(tmp_path: Path):
    from mmaction.apis.inferencers.actionrecog_inferencer import ActionRecogInferencer
    from mmengine.dataset import Compose

    from iclip.openmmlab.video.frames import DecodeFrames, OpenVideo

    cfg = toy_config("k400_video_swin")
    checkpoint = save_random_weights(cfg, tmp_path / "a.pth")
    clip = write_lighter_and_lighter(tmp_path / "clip.mp4", frames=40)
    (found,) = build_predictor(cfg, checkpoint).predict([clip])
    inferencer = ActionRecogInferencer(model=cfg.copy(), weights=str(checkpoint), device="cpu")
    # The inferencer reads through decord, whatever the config says.
    own = {"DecordInit": OpenVideo, "DecordDecode": DecodeFrames}
    inferencer.pipeline = Compose(
        [own.get(type(step).__name__, lambda step=step: step)()
         for step in inferencer.pipeline.transforms]
    )  # fmt: skip
    inferencer.show_progress = False
    result = inferencer(str(clip), return_datasamples=True)["predictions"][0].pred_score
    np.testing.assert_allclose(found.scores, np.sort(result)[::-1], atol=1e-6)
    np.testing.assert_array_equal(found.labels, np.argsort(-result.numpy(), kind="stable"))


def test_recognizer_of_images_predicts_classes(tmp_path: Path):
    """TSN is a Recognizer2D, and its config reads videos through decord."""
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width, stream.height = 64, 48
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    predictor = random_predictor(tsn_config(), tmp_path)
    record = predict_on(predictor, [tmp_path / "a.mp4"], tmp_path / "out").records["a.jpg"]
    assert len(record["labels"]) == 5
    assert not any(label.startswith("class ") for label in record["labels"])


@pytest.fixture
def by_words(tmp_path: Path) -> Recognizer:
    """The toy's recognizer with a classifier by words, random weights and three classes."""
    cfg = toy_config("k400_video_swin")
    cfg.model.cls_head = dict(
        type="iclip.VideoTextHead", num_classes=3, in_channels=96, dropout_ratio=0.0,
        average_clips="prob", classifier=dict(type="iclip.TextClassifier", embed_dim=8),
    )  # fmt: skip
    predictor = random_predictor(cfg, tmp_path)
    predictor.set_classes(made_up_embeddings(("run", "walk", "sit"), 8))
    return predictor


def test_other_words_are_other_classes(by_words: Recognizer, tmp_path: Path):
    clip = write_lighter_and_lighter(tmp_path / "clip.mp4", frames=40)
    (first,) = by_words.predict([clip])
    assert sorted(first.names) == ["run", "sit", "walk"]
    more = made_up_embeddings(("jump", "swim", "fly", "sleep"), 8)
    by_words.set_classes(more)
    (found,) = by_words.predict([clip])
    assert sorted(found.names) == ["fly", "jump", "sleep", "swim"]
    assert found.scores.sum() == pytest.approx(1)
    with pytest.raises(ValueError, match="of another joint space"):
        by_words.set_classes(made_up_embeddings(("run", "walk"), 8, space=1))
    with pytest.raises(ValueError, match="'run' is the only class"):
        by_words.set_classes(made_up_embeddings(("run",), 8))
    assert by_words.classes == more.names


def test_video_that_breaks_behind_the_clip_is_refused(tmp_path: Path):
    clip = write_lighter_and_lighter(tmp_path / "clip.avi", frames=40)
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 50])
    predictor = random_predictor(toy_config("k400_video_swin"), tmp_path)
    with pytest.raises((ValueError, OSError)):
        predictor.predict([clip])
