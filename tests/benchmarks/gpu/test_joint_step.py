"""The joint step by parts is the joint step."""

import torch

from iclip.benchmarks.gpu import joint_step
from iclip.benchmarks.gpu.training import MethodStep
from iclip.benchmarks.inputs.made_up import build_method, made_up_batch
from tests.benchmarks.gpu.recorded import TINY


def test_the_parts_together_train_as_the_whole_step():
    steps = []
    for _ in range(2):
        model = build_method(joint_step.CONFIG, classes=3, tiny=True)
        torch.manual_seed(1)
        steps.append(MethodStep(model, made_up_batch(model, 2, 3, 56), TINY))
    whole, by_parts = steps
    torch.manual_seed(2)
    whole()
    torch.manual_seed(2)
    joint_step._laps(by_parts, TINY)
    before = build_method(joint_step.CONFIG, classes=3, tiny=True).parameters()
    changed = 0
    for start, one, other in zip(
        before, whole.model.parameters(), by_parts.model.parameters(), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-6)
        changed += not torch.equal(start, one)
    assert changed > 10
