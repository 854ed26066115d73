"""The former pass: every class's embedding, one at a time."""

import torch
from torch.nn import functional as F

from iclip.benchmarks.inputs.made_up import build_method
from iclip.benchmarks.references.padded_class_texts import encode_padded


def test_rows_are_those_of_each_text_by_itself():
    model = build_method("iclip_swint_full.py", classes=5, tiny=True).eval()
    prompts = model.class_prompts
    assert prompts is not None
    found = encode_padded(model)
    for row in range(5):
        ids = prompts.token_ids_at([row], 0)
        alone = model.text_encoder(ids) @ model.text_projection.weight.T
        torch.testing.assert_close(found[row], F.normalize(alone, dim=-1)[0], rtol=1e-4, atol=1e-5)
    found.sum().backward()
    assert model.text_projection.weight.grad is not None
