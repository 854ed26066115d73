"""Only what takes means over a batch makes a step depend on its division."""

import pytest
from torch import nn

from iclip.engine.batch_statistics import batch_statistics_note


def model(norm: type[nn.Module]) -> nn.Module:
    return nn.Sequential(nn.Linear(2, 2), nn.Sequential(norm(2), nn.GELU()), norm(2), norm(2))


@pytest.mark.parametrize(
    ("norm", "ranks", "accumulation", "is_told"),
    [
        (nn.BatchNorm2d, 1, 1, False),
        (nn.BatchNorm2d, 2, 1, True),
        (nn.BatchNorm1d, 1, 2, True),
        (nn.SyncBatchNorm, 2, 1, False),
        (nn.SyncBatchNorm, 2, 2, True),
        (nn.LayerNorm, 2, 2, False),
    ],
)
def test_batch_norms_that_see_a_part_of_the_step_are_told(
    norm: type[nn.Module], ranks: int, accumulation: int, is_told: bool
):
    assert (batch_statistics_note(model(norm), ranks, accumulation) is not None) == is_told


def test_note_names_the_layers_and_the_setting():
    note = batch_statistics_note(model(nn.BatchNorm2d), 1, 2)
    assert note is not None
    assert note.startswith("3 batch norms of the model (1.0, 2 and 1 more) see a part of ")
    assert "model.backbone.stem='patch'" in note
