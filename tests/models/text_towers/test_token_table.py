"""Look-ups that share a gradient equal those of nn.Embedding."""

import pytest
import torch
from torch import nn

from iclip.models.text_towers.token_table import SharedTable

ROWS = [torch.tensor([[3, 1], [1, 1]]), torch.tensor([4, 3, 0]), torch.zeros(0, 2).long()]


def loss_of(embeds: list[torch.Tensor]) -> torch.Tensor:
    return sum((rows.sin() * (number + 2)).sum() for number, rows in enumerate(embeds))


@pytest.fixture
def table() -> nn.Embedding:
    torch.manual_seed(0)
    return nn.Embedding(6, 5, dtype=torch.float64)


def plain_gradient(table: nn.Embedding) -> torch.Tensor:
    return torch.autograd.grad(loss_of([table(rows) for rows in ROWS]), table.weight)[0]


def test_values_and_gradient_equal_nn_embeddings(table: nn.Embedding):
    shared = SharedTable(table.weight)
    embeds = [shared.look_up(rows) for rows in ROWS]
    assert all(torch.equal(found, table(rows)) for found, rows in zip(embeds, ROWS, strict=True))
    (found,) = torch.autograd.grad(loss_of(embeds), table.weight)
    torch.testing.assert_close(found, plain_gradient(table), rtol=0, atol=1e-14)


def test_table_gets_one_gradient_whatever_the_number_of_look_ups(table: nn.Embedding):
    arrived = []
    table.weight.register_hook(lambda gradient: arrived.append(gradient.clone()))
    shared = SharedTable(table.weight)
    loss_of([shared.look_up(rows) for rows in ROWS]).backward()
    assert len(arrived) == 1


def test_a_second_backward_pass_begins_at_zero(table: nn.Embedding):
    shared = SharedTable(table.weight)
    loss = loss_of([shared.look_up(rows) for rows in ROWS])
    first, second = (
        torch.autograd.grad(loss, table.weight, retain_graph=True)[0] for _ in range(2)
    )
    assert torch.equal(first, second)


def test_a_frozen_table_gives_rows_without_gradient(table: nn.Embedding):
    table.requires_grad_(False)
    assert not SharedTable(table.weight).look_up(ROWS[0]).requires_grad
