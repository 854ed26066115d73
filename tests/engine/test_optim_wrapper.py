"""The optimizer wrapper changes the precision of forward passes and nothing else."""

import pytest
import torch
from torch import nn

from iclip.engine import PrecisionOptimWrapper


@pytest.mark.parametrize(("setting", "dtype"), [("bf16", torch.bfloat16), ("fp32", torch.float32)])
def test_forward_runs_in_the_type_and_weights_stay_float32(setting: str, dtype: torch.dtype):
    model = nn.Linear(4, 4)
    wrapper = PrecisionOptimWrapper(torch.optim.AdamW(model.parameters()), precision=setting)
    if torch.cuda.is_available() and setting == "bf16":
        pytest.skip("this context is the GPU's")
    with wrapper.optim_context(model):
        output = model(torch.ones(1, 4))
    assert output.dtype == dtype
    wrapper.update_params(output.float().sum())
    assert model.weight.dtype == torch.float32


def test_caller_keeps_its_clip_settings():
    clip = {"type": "norm", "max_norm": 1.0}
    optimizer = torch.optim.AdamW(nn.Linear(1, 1).parameters())
    PrecisionOptimWrapper(optimizer, precision="fp32", clip_grad=clip)
    assert clip == {"type": "norm", "max_norm": 1.0}
