import pytest
import torch
from torch import Tensor

from iclip.models import UniCL
from iclip.models.step_rows import RowCounts
from tests.distributed.tiny_model import build, global_batch


def test_encoding_each_class_of_the_batch_once_changes_no_bit(monkeypatch: pytest.MonkeyPatch):
    model, batch = build("UniCL"), global_batch("UniCL", 9, 4)

    def with_unique(self: UniCL, gt_labels: list[Tensor], rows: RowCounts) -> Tensor:
        classes, rows_of_images = torch.cat(gt_labels).unique(return_inverse=True)
        prompts = self.class_prompts.token_ids_at(classes.tolist(), self.iteration)
        return self.encode_text(prompts)[rows_of_images]

    def loss_and_gradients() -> list[Tensor]:
        model.zero_grad()
        loss = model(**batch, mode="loss")["loss_con"]
        loss.backward()
        return [loss.detach(), *(parameter.grad for parameter in model.parameters())]

    assert len(batch["gt_labels"].unique()) < len(batch["gt_labels"])
    found = loss_and_gradients()
    monkeypatch.setattr(UniCL, "encode_class_texts", with_unique)
    assert all(map(torch.equal, found, loss_and_gradients()))
