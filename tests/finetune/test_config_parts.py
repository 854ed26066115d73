"""Parts of a config that the tasks share."""

import pytest

from iclip.finetune import config_parts
from iclip.finetune.tasks.detection import RECIPE
from tests.support.own_choice import CPU, GPU, choice_for, micro_backbone


def test_pipeline_without_a_change_is_not_written():
    assert config_parts.changed_pipelines(train_pipeline={}, test_pipeline={}) == {}


def test_changed_pipeline_calls_the_configs_function():
    steps = {"Resize": dict(scale=(8, 4)), "Flip": dict(prob=0.0)}
    (text,) = config_parts.changed_pipelines(train_pipeline=steps, test_pipeline={}).values()
    called = {}
    context = {"with_settings": lambda base, **given: called.update(given) or base}
    base = type("Base", (), {"train_pipeline": "the recipe's"})
    assert eval(text, context, {"_base_": base}) == "the recipe's"
    assert called == steps


@pytest.mark.parametrize(("machine", "persistent"), [(CPU, False), (GPU, True)])
def test_workers_stay_where_there_are_any(machine, persistent: bool):
    loader = config_parts.loader_settings(choice_for(RECIPE, machine=machine), {}, 2)
    assert loader["persistent_workers"] is persistent is (loader["num_workers"] > 0)


def test_short_epoch_has_a_line_in_the_log():
    choice = choice_for(RECIPE, epochs=2)
    part = config_parts.schedule_part(choice, "2", dict(val_interval=1), [])
    assert part.settings["default_hooks"]["logger"]["interval"] == choice.epoch_steps == 20


def test_backbone_of_the_recipes_shape_states_no_stages():
    assert "out_indices" not in config_parts.image_backbone_settings(choice_for(RECIPE))
    small = config_parts.image_backbone_settings(choice_for(RECIPE, swin=micro_backbone()))
    assert (small["out_indices"], small["stem"], small["window_size"]) == ((0, 1), "conv", 4)


@pytest.mark.parametrize(("decay", "stated"), [(None, False), (1.0, True), (0.7, True)])
def test_layer_decay_is_stated_beside_other_settings(decay: float | None, stated: bool):
    choice = choice_for(RECIPE, layer_decay=decay)
    own = dict(paramwise_cfg=dict(x=1))
    part = config_parts.schedule_part(choice, "", dict(val_interval=1), [], own)
    settings = part.settings["optim_wrapper"]["paramwise_cfg"]
    assert settings == (dict(x=1, layer_decay=decay) if stated else dict(x=1))


def test_merged_settings_keep_what_is_not_changed():
    settings = {"a": {"b": 1, "c": [2]}, "d": 3}
    assert config_parts.merged(settings, {"a": {"c": 4}, "e": {"f": 5}}) == {
        "a": {"b": 1, "c": 4}, "d": 3, "e": {"f": 5},
    }  # fmt: skip
    assert settings == {"a": {"b": 1, "c": [2]}, "d": 3}
