"""Pre-training's recipe: the shipped configs conform, and each deviation is found."""

from pathlib import Path

import pytest
from mmengine.config import Config

from iclip.report.pretraining_recipe import check_pretraining
from iclip.report.run import Run

SHIPPED = ("iclip_swint_pairs50", "iclip_swint_full", "iclip_swinb")


@pytest.fixture(scope="module")
def shipped() -> dict[str, Config]:
    return {name: Config.fromfile(f"configs/{name}.py") for name in SHIPPED}


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_configs_conform(name: str, shipped: dict[str, Config]):
    verdicts = check_pretraining(Run(Path("r"), "r", shipped[name].to_dict()))
    assert verdicts
    assert {verdict.setting.what: verdict.status for verdict in verdicts} == {
        verdict.setting.what: "conforms" for verdict in verdicts
    }


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("global_batch_size", 1024, "global batch"),
        ("optim_wrapper.optimizer.lr", 1e-3, "learning rate"),
        ("optim_wrapper.clip_grad.max_norm", 1.0, "gradient clip"),
        ("train_dataloader.dataset.pairs.image_transform.size", 112, "image size of pairs"),
        ("model.class_prompts.templates", "simple", "templates"),
    ],
)
def test_a_deviation_is_found(key: str, value: object, what: str, shipped: dict[str, Config]):
    config = Config(shipped["iclip_swint_pairs50"].to_dict())
    config.merge_from_dict({key: value})
    verdicts = check_pretraining(Run(Path("r"), "r", config.to_dict()))
    differing = [(v.setting.what, v.found) for v in verdicts if v.status == "differs"]
    assert differing == [(what, value)]


def test_other_tasks_have_no_such_recipe():
    assert check_pretraining(Run(Path("r"), "r", {"default_scope": "mmdet"})) == []
    assert check_pretraining(Run(Path("r"), "r")) == []
