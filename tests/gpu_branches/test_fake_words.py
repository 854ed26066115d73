"""Heads that read words, on CUDA tensors: a step of training and a prediction, as on the CPU."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from iclip.openmmlab.made_up_samples import made_up_batch
from iclip.words import TextClassifier
from tests.gpu_branches.fake_cuda import autocast, check_gradients
from tests.gpu_branches.transfer_models import build, total
from tests.gpu_branches.valued_cuda import move_to_valued_cuda, valued_cuda
from tests.support.text_classes import random_embeddings


def detected(samples: Any) -> Iterator[Tensor]:
    for sample in samples:
        yield from (sample.pred_instances.scores, sample.pred_instances.bboxes)


CASES: dict[str, tuple[str, Any, Callable[[Any], Iterator[Tensor]], torch.dtype]] = {
    # F-VLM's second score reads the last map at the boxes that are found.
    "detection": (
        "toy/lvis_frcnn_openvocab.py",
        made_up_batch("detection", (1, 3, 96, 128)),
        detected,
        torch.bfloat16,
    ),
    # FC-CLIP's joint score reads it under the masks.
    "segmentation": (
        "toy/ade20k_maskformer_openvocab.py",
        made_up_batch("segmentation"),
        lambda samples: (sample.seg_logits.data for sample in samples),
        torch.bfloat16,
    ),
    # mmaction's heads read their scores through NumPy, which has no bfloat16.
    "video": (
        "toy/k400_video_swin_text.py",
        made_up_batch("video", (1, 1, 3, 8, 32, 32)),
        lambda samples: (sample.pred_score for sample in samples),
        torch.float16,
    ),
}


def build_with_words(config: str) -> nn.Module:
    """Build a model whose classifiers have classes; the first half counts as trained."""
    model = build(config)
    for module in model.modules():
        if isinstance(module, TextClassifier):
            names = [f"thing {i}" for i in range(module.num_classes)]
            module.set_classes(random_embeddings(names, module.embed_dim))
        if hasattr(module, "mark_trained"):
            module.mark_trained(range(module.num_classes // 2))
    return model


@pytest.mark.parametrize("task", CASES)
def test_a_step_and_a_prediction_on_cuda_tensors_are_the_cpus(task: str):
    config, batch, outputs, precision = CASES[task]

    def step_and_prediction(model: nn.Module) -> tuple[Tensor, list[Tensor]]:
        torch.manual_seed(0)  # boxes and points are sampled
        data = model.data_preprocessor(batch, training=True)
        loss = total(model(**data, mode="loss"))
        with torch.no_grad():
            data = model.eval().data_preprocessor(batch, training=False)
            found = [*outputs(model(**data, mode="predict"))]
        model.train()
        return loss, found

    expected, wanted = step_and_prediction(build_with_words(config))
    with valued_cuda():
        model = move_to_valued_cuda(build_with_words(config))
        loss, found = step_and_prediction(model)
        assert loss.is_cuda
        torch.testing.assert_close(loss.cpu().detach(), expected.detach())
        for mine, other in zip(found, wanted, strict=True):
            torch.testing.assert_close(mine.cpu(), other)
        with autocast(precision):
            data = model.data_preprocessor(batch, training=True)
            check_gradients(model, total(model(**data, mode="loss")))


def test_other_classes_are_taken_on_the_device_of_the_model():
    with valued_cuda():
        classifier = move_to_valued_cuda(TextClassifier(6, 3, 4, background=True))
        classifier.set_classes(random_embeddings(["a", "b", "c", "d"], 4))
        assert classifier.class_embeds.is_cuda and classifier.probe.is_cuda
        assert classifier(torch.ones(2, 6, device="cuda")).shape == (2, 5)
        with pytest.raises(ValueError, match="of another joint space"):
            classifier.set_classes(random_embeddings(["a"], 4, space=1))
