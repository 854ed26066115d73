"""Steps of pre-training on GPUs that are not there."""

import json
from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

from iclip.batch_sizes import BatchSizes
from iclip.planning import pretraining
from iclip.planning.ledger import AGAIN, BACK, FIRST_PASS, FORWARD
from iclip.planning.pretraining import CAPTIONS, CLASS_TEXTS, IMAGES, PretrainingStep, image_size
from iclip.planning.traced_step import BUCKETS, GRADIENTS, OPTIMIZER, PARAMETERS, TracedStep

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
# The words that CLIP's tokenizer reads of made-up texts are among these, or share a row.
VOCABULARY = [*range(600), 49406, 49407]


def micro_config(**settings: Any) -> Config:
    """The micro config of a method, with the vocabulary that the toy world would have."""
    cfg = Config.fromfile(CONFIGS / "micro" / "iclip.py")
    cfg.merge_from_dict({"model.text_encoder.vocabulary": VOCABULARY, **settings})
    return cfg


def trace(
    sizes: BatchSizes, traced: int = 2, backbone: dict[str, Any] | None = None, **settings: Any
) -> TracedStep:
    pretraining._TRACED_MICRO_BATCHES = traced
    return PretrainingStep(micro_config(**settings), classes=30).trace(sizes, backbone)


TWO_RANKS = BatchSizes(128, 2, 64, 1)


@pytest.fixture(scope="module")
def step(planner) -> TracedStep:
    return planner(trace, TWO_RANKS)


def parameter_count() -> int:
    step = PretrainingStep(micro_config(), classes=30)
    return sum(parameter.numel() for parameter in step._model.parameters())


def test_weights_buckets_and_moments_are_counted_once(planner, step: TracedStep):
    weights = 4 * planner(parameter_count)
    peak = step.account.peak
    # Blocks of 512 bytes: each of some 130 tensors takes up to one more.
    assert weights <= peak[BUCKETS] <= peak[PARAMETERS] <= weights + 200 * 512
    assert 2 * weights <= peak[OPTIMIZER] <= 2 * weights + 400 * 512
    assert step.state_bytes == peak[PARAMETERS] + peak[OPTIMIZER]
    assert step.account.sent[GRADIENTS] == weights  # 2 x (2 - 1) / 2 of them


def test_each_part_works_in_both_passes(step: TracedStep):
    for part in (IMAGES, CLASS_TEXTS, CAPTIONS):
        forward = step.account.flops_of(part=part, stage=FORWARD)
        backward = step.account.flops_of(part=part, stage=BACK)
        # Twice the products, without the gradient of the images and with attention's logits.
        assert 1.7 * forward < backward < 2.5 * forward
    assert step.account.flops_of(stage=FIRST_PASS) == 0


def test_half_precision_is_the_gpus(step: TracedStep):
    assert step.account.flops_of(dtype="bfloat16") > 0.9 * step.account.flops.total()


def test_two_traced_micro_batches_stand_for_three(planner, step: TracedStep):
    sizes = BatchSizes(96, 1, 32, 3)
    two, three = planner(trace, sizes, 2), planner(trace, sizes, 3)
    for part in (IMAGES, CAPTIONS, CLASS_TEXTS):
        for stage in (FORWARD, FIRST_PASS, BACK):
            expected = three.account.flops_of(part=part, stage=stage)
            assert two.account.flops_of(part=part, stage=stage) == expected
    assert two.peak_gib == pytest.approx(three.peak_gib, rel=0.02)
    assert two.account.flops_of(part=IMAGES, stage=FIRST_PASS) > 0
    # Half the micro-batch needs half the memory.
    halves = 2 * two.account.peak[IMAGES]
    assert halves == pytest.approx(step.account.peak[IMAGES], rel=0.1)


def test_checkpointing_is_less_memory_and_more_work(planner, step: TracedStep):
    cheaper = planner(trace, TWO_RANKS, 2, {"with_cp": True})
    assert cheaper.account.peak[IMAGES] < step.account.peak[IMAGES]
    assert cheaper.account.flops_of(part=IMAGES, stage=AGAIN) > 0
    assert step.account.flops_of(part=IMAGES, stage=AGAIN) == 0


@pytest.mark.parametrize(
    ("method", "ratio", "parts"),
    [
        ("CLIP", (0, 1), {IMAGES, CAPTIONS}),
        ("Supervised", (1, 0), {IMAGES}),
        ("MultiTask", (1, 1), {IMAGES, CAPTIONS}),
        ("UniCL", (1, 1), {IMAGES, CAPTIONS, CLASS_TEXTS}),
    ],
)
def test_every_method_is_traced(planner, method: str, ratio: tuple[int, int], parts: set[str]):
    settings = {"model.type": method, "train_dataloader.batch_sampler.ratio": ratio}
    account = planner(trace_settings, settings).account
    assert {work.part for work in account.flops} - {"losses"} == parts


def trace_settings(settings: dict[str, Any]) -> TracedStep:
    return trace(TWO_RANKS, **settings)


def step_of(settings: dict[str, Any] | None = None, classes: int | None = 30) -> PretrainingStep:
    return PretrainingStep(micro_config(**(settings or {})), classes)


def test_what_is_assumed_is_noted():
    table, captions = step_of().notes
    assert "class_texts_seen.jsonl is not there: 30 class texts" in table
    assert captions.startswith("captions are as long as class texts")


def test_without_pairs_nothing_is_assumed_about_captions():
    assert len(step_of({"train_dataloader.batch_sampler.ratio": (1, 0)}).notes) == 1


def test_a_table_that_is_there_is_read(tmp_path: Path):
    table = tmp_path / "classes.jsonl"
    rows = [{"id": f"n{i}", "names": ["dog"], "description": "an animal"} for i in range(3)]
    table.write_text("".join(json.dumps(row) + "\n" for row in rows))
    step = step_of({"model.class_prompts.class_texts": str(table)}, classes=None)
    assert len(step._model.class_prompts) == 3 and len(step.notes) == 1
    with pytest.raises(ValueError, match=r"--classes 5: .*classes.jsonl is there and decides"):
        step_of({"model.class_prompts.class_texts": str(table)}, classes=5)


def test_a_tokenizer_that_is_not_there_is_replaced_and_noted():
    tokenizer = dict(type="RobertaTokenizer", name_or_path="no/folder", context_length=48)
    settings = {"model.class_prompts.tokenizer": tokenizer}
    settings |= {"train_dataloader.dataset.pairs.tokenizer": tokenizer, "model.text_encoder": dict(
        _delete_=True, type="RobertaTextEncoder", hidden_size=32, num_attention_heads=2,
        num_hidden_layers=1, intermediate_size=64)}  # fmt: skip
    step = step_of(settings)
    assert [note for note in step.notes if note.startswith("no/folder is not a folder here")]


def test_sizes_are_the_configs():
    assert step_of().sizes(4) == BatchSizes(128, 4, 32, 1)
    with pytest.raises(ValueError, match="global_batch_size=128 cannot be shared equally"):
        step_of().sizes(3)


def test_smaller_micro_batches_divide_the_share():
    smaller = step_of().smaller(BatchSizes(128, 4, 32, 1))
    assert [(s.micro_batch_size, s.accumulation) for s in smaller] == [
        (2, 16), (4, 8), (8, 4), (16, 2),
    ]  # fmt: skip


def test_more_gpus_keep_the_step():
    step = step_of()
    assert step.on_more_gpus(BatchSizes(128, 4, 32, 1), 8) == BatchSizes(128, 8, 16, 1)
    assert step.on_more_gpus(BatchSizes(128, 4, 8, 4), 8) == BatchSizes(128, 8, 8, 2)
    assert step.on_more_gpus(BatchSizes(128, 4, 32, 1), 3) is None
    assert step.on_more_gpus(BatchSizes(128, 4, 32, 1), 128) is None  # a pair of 1 : 1 needs two


def test_samples_are_those_of_the_ratio():
    assert step_of().samples(BatchSizes(128, 4, 32, 1)) == {"labelled": 64, "pairs": 64}


def test_images_without_a_size_are_an_error():
    cfg = micro_config()
    for source in ("labelled", "pairs"):
        cfg.train_dataloader.dataset[source].image_transform.pop("size")
    with pytest.raises(ValueError, match=r"states no image_transform\.size"):
        image_size(cfg)
