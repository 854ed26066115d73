import math

import torch

from iclip.models.methods.linear_classifier import LinearClassifier


def test_loss_is_the_mean_cross_entropy_in_loops():
    torch.manual_seed(0)
    classifier, features = LinearClassifier(4, 3), torch.randn(5, 4)
    labels = [2, 0, 1, 1, 2]
    total = 0.0
    for logits, label in zip(classifier(features).tolist(), labels, strict=True):
        total += math.log(sum(math.exp(z) for z in logits)) - logits[label]
    loss = classifier.loss(features, torch.tensor(labels), sizes=[5])
    assert math.isclose(loss.item(), total / 5, rel_tol=1e-5)
