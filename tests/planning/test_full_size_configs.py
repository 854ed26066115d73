"""Every full-size config fits 8 GPUs of 80 GB, as its header says."""

import re
from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

import iclip.openmmlab  # noqa: F401  (before a config of downstream/ is read)
from iclip.gpu_models import gpu_model
from iclip.planning.plan import Hardware, Plan

REPO = Path(__file__).resolve().parents[2]
# Configs whose steps differ in memory. The ratio changes it by less than 1 GiB; downstream, Swin-B
# stands for Swin-T as well.
TRACED = (
    "configs/iclip_swinb.py",
    "configs/iclip_swint_pairs50.py",
    "configs/clip_swint_pairs100.py",
    "configs/unicl_swint_full.py",
    "configs/multitask_swint.py",
    "configs/supervised_swint.py",
    "downstream/lvis_frcnn_2x.py",
    "downstream/ade20k_maskformer_160k.py",
    "downstream/k400_video_swin_30e.py",
)
# The memory of class texts does not grow with their number, once some are computed again.
CLASSES = 4_000
GPU = gpu_model("h100")
# "Hardware:" and either the memory or the config that states it.
HEADER = re.compile(r"^# Hardware: +(?:as (\S+\.py)|.*?needs?\s(?:# +)?(\d+) GiB)", re.M | re.S)


def full_size_configs() -> list[str]:
    return [
        path.relative_to(REPO).as_posix()
        for folder in ("configs", "downstream")
        for path in sorted((REPO / folder).glob("*.py"))
    ]


def plan(config: str) -> Plan:
    from iclip.planning.planner import make_plan

    cfg = Config.fromfile(REPO / config)
    return make_plan(cfg, Hardware(8, GPU.memory_gib, "h100", GPU), CLASSES)


def stated_gib(config: str) -> tuple[int, bool]:
    """Return the memory that a config's header states, and whether it is its own."""
    found = HEADER.search((REPO / config).read_text())
    assert found is not None, config
    if found[2] is not None:
        return int(found[2]), True
    return stated_gib(f"{Path(config).parent}/{found[1]}")[0], False


@pytest.mark.parametrize("config", TRACED)
def test_it_fits_in_what_its_header_states(planner, config: str):
    found = planner(plan, config)
    stated, is_its_own = stated_gib(config)
    assert found.fits and found.needed_gib < stated + 0.5
    if is_its_own:
        assert found.needed_gib > stated - 2


@pytest.mark.parametrize("config", full_size_configs())
def test_header_states_the_memory(config: str):
    assert 0 < stated_gib(config)[0] < GPU.memory_gib


def memory_of(config: str) -> tuple[Any, ...]:
    """What the memory of a step follows from, but for the ratio and the length of class texts."""
    cfg = Config.fromfile(REPO / config)
    model = {**cfg.model, "class_prompts": None}
    batch = [cfg.get(name) for name in ("global_batch_size", "micro_batch_size")]
    sizes = [cfg.train_dataloader.get("batch_size"), model["backbone"].get("arch")]
    # Behind a frozen backbone, less is kept than Faster R-CNN keeps.
    kind = str(model["type"]).replace("iclip.FrozenScoreRCNN", "FasterRCNN")
    return (kind, *batch, *sizes, model.get("decode_head") is None)


def test_every_full_size_config_is_like_one_that_is_traced():
    traced = {memory_of(config) for config in TRACED}
    smaller = {config for config in full_size_configs() if "_swint_" in config}
    smaller = {config for config in smaller if config.startswith("downstream")}
    others = [config for config in full_size_configs() if config not in smaller]
    assert len(others) == 21 and not [c for c in others if memory_of(c) not in traced]
