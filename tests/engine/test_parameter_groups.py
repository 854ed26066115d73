"""The groups of an optimizer, a line each."""

import torch
from torch import nn

from iclip.engine.parameter_groups import groups_table


def test_a_line_has_name_size_and_the_group_s_own_settings():
    parameters = [nn.Parameter(torch.zeros(1000, 3)), nn.Parameter(torch.zeros(5))]
    text = groups_table(
        [
            dict(name="heads", params=parameters, lr=1e-4, weight_decay=0.05),
            dict(name="no_decay", params=parameters[1:], weight_decay=0.0),
        ]
    )
    first, second = text.splitlines()
    assert " ".join(first.split()) == "heads 2 tensors 3,005 values lr 0.0001, weight_decay 0.05"
    assert " ".join(second.split()) == "no_decay 1 tensors 5 values weight_decay 0"
