"""The config of a run of a second, in this project's form."""

from pathlib import Path
from typing import Any

from mmengine.config import Config

from iclip.text.class_texts import ClassText, ClassTexts, write_class_texts
from tests.support.tiny_run.data import END_OF_TEXT, NUM_LABELLED, NUM_PAIRS

# What registers the types that the config names.
MODULES = [f"tests.support.tiny_run.{name}" for name in ("data", "hooks", "model", "moments")]


def tiny_config(folder: Path, **changes: Any) -> Config:
    """Return the config of 12 iterations with a checkpoint every 4.

    Args:
        folder: Where the hook Record writes.
        **changes: Settings by dotted key, with ``__`` for each dot.
    """
    cfg = Config(
        dict(
            default_scope="iclip",
            model=dict(type="TinyModel"),
            train_dataloader=dict(
                dataset=dict(type="TinyData"),
                sampler=dict(type="SourceSampler", shuffle=False),
                batch_sampler=dict(type="MixingBatchSampler", ratio=(NUM_LABELLED, NUM_PAIRS)),
                collate_fn=dict(type="iclip.tiny_collate"),
                batch_size=NUM_LABELLED + NUM_PAIRS,
                num_workers=2,
                persistent_workers=True,
            ),
            train_cfg=dict(type="ResumableTrainLoop", max_iters=12, val_interval=1000),
            optim_wrapper=dict(
                type="PrecisionOptimWrapper",
                constructor="DecayMatricesOnly",
                precision="fp32",
                optimizer=dict(type="AdamW", lr=1e-2, weight_decay=0.05),
                clip_grad=dict(max_norm=1.0),
            ),
            param_scheduler=[
                dict(type="LinearLR", start_factor=0.01, by_epoch=False, begin=0, end=3),
                dict(type="CosineAnnealingLR", by_epoch=False, begin=3, end=12, eta_min=1e-5),
            ],
            default_hooks=dict(
                logger=dict(type="LoggerHook", interval=4, log_metric_by_epoch=False),
                checkpoint=dict(type="AtomicCheckpoint", interval=4, max_keep_ckpts=2),
                sampler_seed=None,
            ),
            custom_hooks=[
                dict(type="SeedEachIteration"),
                dict(type="ExactResume"),
                dict(type="ClampLogitScale"),
                dict(type="CountDecodeErrors"),
                dict(type="GuardNumbers"),
                dict(type="LogThroughput"),
                dict(type="StopOnSignal"),
                dict(type="Record", path=str(folder / "record.jsonl")),
            ],
            log_processor=dict(type="OneLineLogProcessor", window_size=4),
            randomness=dict(seed=0),
            env_cfg=dict(mp_cfg=dict(mp_start_method="fork", opencv_num_threads=0)),
            custom_imports=dict(imports=MODULES),
        )
    )
    cfg.merge_from_dict({key.replace("__", "."): value for key, value in changes.items()})
    return cfg


def with_method(cfg: Config, folder: Path) -> Config:
    """Train iCLIP itself, without anything that is drawn by rank, by SGD and without a schedule."""
    names = [ClassText(f"n{i}", (f"{letter} {letter}",), "") for i, letter in enumerate("abc")]
    write_class_texts(folder / "class_texts.jsonl", ClassTexts(names))
    cfg.model = dict(
        type="ICLIP",
        backbone=dict(type="FlatBackbone"),
        text_encoder=dict(
            type="TextTransformer", context_length=8, width=16, heads=2, layers=1,
            vocabulary=[*range(600), 49406, END_OF_TEXT], token_std=1.0,
        ),
        class_prompts=dict(
            class_texts=str(folder / "class_texts.jsonl"),
            tokenizer=dict(type="CLIPTokenizer", context_length=8),
            templates=["{}", "x {}"],
        ),
        embed_dim=8,
    )  # fmt: skip
    cfg.custom_imports.imports = [*MODULES, "tests.distributed.tiny_model"]
    cfg.train_dataloader.dataset = dict(type="TinyMixedSources")
    cfg.train_dataloader.collate_fn = dict(type="iclip.collate_samples")
    cfg.optim_wrapper.optimizer = dict(type="SGD", lr=0.1)
    cfg.param_scheduler = None
    record = dict(type="RecordSamples", path=str(folder / "record.jsonl"))
    cfg.custom_hooks = [*cfg.custom_hooks[:-1], record]
    return cfg


def with_validation(cfg: Config, interval: int) -> Config:
    """Add two validation sets of different sizes."""
    loader = dict(
        dataset=dict(type="TinyData", size=6),
        sampler=dict(type="DefaultSampler", shuffle=False),
        collate_fn=dict(type="iclip.tiny_collate"),
        batch_size=4,
    )
    cfg.val_dataloader = [loader, {**loader, "dataset": dict(type="TinyData", size=10)}]
    cfg.val_evaluator = [
        dict(type="MeanScore", prefix="small"),
        [dict(type="MeanScore", prefix="large")],
    ]
    cfg.val_cfg = dict(type="MultiValLoop")
    cfg.train_cfg.val_interval = interval
    return cfg


def with_hooks(cfg: Config, *hooks: dict[str, Any]) -> Config:
    """Add hooks after those of the config."""
    cfg.custom_hooks = [*cfg.custom_hooks, *hooks]
    return cfg
