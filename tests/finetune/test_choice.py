"""The choice: rules first, the user's options over them, each with its reason."""

import re
from typing import Any

import pytest

from iclip.finetune.choice import choice_table
from iclip.finetune.tasks.detection import RECIPE
from tests.support.own_choice import CPU, GPU, choice_for, micro_backbone, own_data


def reasons(choice: Any) -> dict[str, tuple[str, str]]:
    return {row.setting: (row.value, row.why) for row in choice.rows}


def test_each_setting_has_a_reason():
    choice = choice_for(RECIPE)
    assert all(row.value and row.why for row in choice.rows)
    assert reasons(choice)["--image-size"] == ("800", "the recipe's")
    assert reasons(choice)["--checkpoint"][0] == "random weights"


@pytest.mark.parametrize(
    ("option", "value", "setting"),
    [
        ("epochs", 3, "epochs"),
        ("image_size", 96, "image_size"),
        ("batch_size", 5, "batch_size"),
        ("freeze", 2, "freeze"),
        ("layer_decay", 0.8, "layer_decay"),
    ],
)
def test_option_wins_over_the_rule(option: str, value: Any, setting: str):
    choice = choice_for(RECIPE, **{option: value})
    assert getattr(choice, setting) == value
    assert reasons(choice)[f"--{option.replace('_', '-')}"] == (str(value), "as asked")


def test_what_follows_from_an_option_follows():
    choice = choice_for(RECIPE, own_data(train=40), epochs=3, batch_size=4)
    assert (choice.steps, choice.epoch_steps) == (30, 10)
    assert choice.warm_up == 3  # a tenth
    assert choice.drop_path == 0.1  # a short training has half of 0.2
    assert reasons(choice)["learning rate"][0] == f"{1e-4 * 4 / 16:.3g}"


def test_learning_rate_counts_all_processes():
    from dataclasses import replace

    choice = choice_for(RECIPE, machine=replace(GPU, processes=4))
    assert choice.base_rate == 1e-4
    assert reasons(choice)["learning rate"][0] == "5e-05"  # 2 images on each of 4


def test_small_network_on_a_cpu():
    choice = choice_for(RECIPE, swin=micro_backbone(), machine=CPU, median_side=128)
    assert (choice.image_size, choice.batch_size, choice.workers) == (128, 8, 0)
    assert (choice.base_rate, choice.drop_path) == (2e-3, 0.0)


def test_freezing_more_stages_than_there_are_is_an_error():
    expected = "--freeze is 3: Swin of 48 channels, blocks 2 + 2 has 2 stages; give 0"
    with pytest.raises(ValueError, match=re.escape(expected)):
        choice_for(RECIPE, swin=micro_backbone(), freeze=3)


def test_table_has_a_line_for_each_setting_in_columns():
    choice = choice_for(RECIPE)
    lines = choice_table(choice).splitlines()
    assert len(lines) == len(choice.rows)
    start = lines[0].index(choice.rows[0].value)
    assert all(line[start - 2 : start] == "  " for line in lines)
