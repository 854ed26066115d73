import pytest
import torch

from iclip.models import ImageClassifier
from iclip.models.methods.feature_classifier import FeatureClassifier
from tests.distributed.tiny_model import build, global_batch


def test_both_methods_share_it() -> None:
    assert issubclass(ImageClassifier, FeatureClassifier)
    assert isinstance(build("Supervised"), FeatureClassifier)


def test_refused_pairs_are_said_with_the_method_and_what_takes_them() -> None:
    batch = global_batch("ICLIP", 3, 4)
    told = r"^Supervised does not use the 4 pairs.*ratio=\(1, 0\), or take MultiTask$"
    with pytest.raises(ValueError, match=told):
        build("Supervised").check_batch(batch["gt_labels"], batch["token_ids"])


def test_logits_are_those_of_the_classifier_on_the_features() -> None:
    model, images = build("Supervised").eval(), global_batch("ICLIP", 3, 0)["inputs"]
    assert isinstance(model, FeatureClassifier)
    features = model.embed(images, 2, None)
    assert torch.equal(features.labelled, model.backbone.forward_pooled(images))
    logits = model.outputs_from_features(features.labelled)["logits"]
    weight, bias = model.classifier.weight, model.classifier.bias
    torch.testing.assert_close(logits, features.labelled @ weight.T + bias)
