"""What predictors of all frameworks say to other classes."""

from collections.abc import Mapping

import pytest

from iclip.predict.predict_files import ModelPredictor
from tests.support.text_classes import random_embeddings


@pytest.mark.parametrize(
    ("task", "head", "command"),
    [
        ("lvis_frcnn", "Shared2FCBBoxHead", "detection"),
        ("ade20k_maskformer", "MaskFormerHead", "segmentation"),
        ("k400_video_swin", "I3DHead", "video"),
    ],
)
def test_model_without_words_takes_no_vocabulary(
    task: str, head: str, command: str, toy_predictors: Mapping[str, ModelPredictor]
):
    told = rf"its head, {head}, knows no classes but those that it was trained on.* {command} --cl"
    with pytest.raises(ValueError, match=told):
        toy_predictors[task].set_classes(random_embeddings(["owl", "sky"], dims=64))
