from pathlib import Path

import torch

from iclip.benchmarks.inputs.made_up import build_method, made_up_batch
from iclip.benchmarks.inputs.open_loop import open_loop
from iclip.benchmarks.measurements.guards import GUARDS


def test_iterations_train_alike_with_and_without_guards() -> None:
    weights = []
    for number, hooks in enumerate(((), GUARDS)):
        model = build_method("micro/iclip.py", 4, tiny=True)
        torch.manual_seed(1)
        batch = made_up_batch(model, 2, 2, 32)
        loop = open_loop("micro/iclip.py", model.train(), hooks, f"loop {number}")
        assert {type(hook).__name__ for hook in loop.runner.hooks} >= set(hooks)
        before = [parameter.clone() for parameter in model.parameters()]
        for _ in range(2):
            torch.manual_seed(2)
            loop.run_iter([dict(batch)])
        assert loop.iter == 2
        assert any(not torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
        weights.append([parameter.detach().clone() for parameter in model.parameters()])
        folder = Path(loop.folder.name)
        assert folder.is_dir()
    assert all(torch.equal(a, b) for a, b in zip(*weights, strict=True))
