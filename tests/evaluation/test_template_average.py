"""The average over prompts, against a loop."""

import math

import pytest
import torch
from torch.nn import functional as F

from iclip.evaluation.template_average import average_templates


def test_average_is_the_loops_mean_of_unit_length() -> None:
    embeds = F.normalize(torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(0)), dim=-1)
    found = average_templates(iter(embeds))
    for row in range(5):
        mean = [sum(embeds[t, row, d].item() for t in range(3)) / 3 for d in range(4)]
        length = math.sqrt(sum(value * value for value in mean))
        assert found[row].tolist() == pytest.approx([value / length for value in mean], abs=1e-6)


def test_average_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="there is no template to average over"):
        average_templates([])
