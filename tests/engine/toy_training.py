"""A run of a second: a model, data and a config of this project's form."""

import json
import math
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.dist import get_rank
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from torch import Tensor, nn
from torch.utils.data import Dataset, Sampler

from iclip.datasets.readers.missing_data import existing_file
from iclip.engine.unwrap_model import unwrap
from iclip.registry import DATA_SAMPLERS, DATASETS, FUNCTIONS, HOOKS, METRICS, MODELS
from iclip.text.class_texts import ClassText

LABELLED, PAIRS, CLASSES = 4, 4, 3


@MODELS.register_module(force=True)
class ToyModel(BaseModel):
    """Two losses, dropout, a draw that must be equal on all ranks, and a learned temperature.

    From an iteration on, the second loss is not finite, on all ranks or on one.
    """

    def __init__(
        self,
        width: int = 8,
        not_finite_from: float = math.inf,
        not_finite_rank: int | None = None,
    ) -> None:
        super().__init__()
        self.not_finite_from, self.not_finite_rank = not_finite_from, not_finite_rank
        self.backbone = nn.Sequential(nn.Linear(12, width), nn.LayerNorm(width), nn.Dropout(0.3))
        self.text_encoder = nn.Embedding(16, width)
        self.register_buffer("brightness", torch.zeros(()))
        self.logit_scale = nn.Parameter(torch.tensor(3.0))
        self.class_texts = [ClassText(f"n{i}", (f"word{i}",), "") for i in range(CLASSES)]
        self.iteration = -1

    def set_iteration(self, iteration: int) -> None:
        self.iteration = iteration

    def forward(
        self, inputs: Tensor, gt_labels: Tensor, token_ids: Tensor, mode: str, **_: Any
    ) -> Any:
        features = self.backbone(inputs.float().flatten(1) / 255)
        if mode != "loss":
            brightness = self.brightness.item()
            return [{"score": row.sum().item(), "brightness": brightness} for row in features]
        self.brightness.lerp_(inputs.float().mean(), 0.1)
        labelled, paired = features.split([len(gt_labels), len(token_ids)])
        templates = (torch.arange(CLASSES) + self.iteration) % 16
        class_logits = self.logit_scale.exp() * labelled @ self.text_encoder(templates).T
        pair_logits = self.logit_scale.exp() * paired @ self.text_encoder(token_ids[:, 0]).T
        if self.iteration >= self.not_finite_from and self.not_finite_rank in (None, get_rank()):
            pair_logits = pair_logits * math.nan
        return dict(
            loss_cls=nn.functional.cross_entropy(class_logits, gt_labels),
            loss_con=nn.functional.cross_entropy(pair_logits, torch.arange(len(token_ids))),
        )


@DATASETS.register_module(force=True)
class ToyData(Dataset):
    """A sample is a function of its key; every ``damaged``-th one reports a decode error."""

    def __init__(self, size: int = 1000, damaged: int = 0, end: int | None = None) -> None:
        self.size, self.damaged, self.end = size, damaged, end

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, key: int) -> dict[str, Any]:
        generator = torch.Generator().manual_seed(int(key))
        if self.end is not None and key >= self.end:
            existing_file(f"sample {key}", "absent.jpg")
        errors = [f"{key}.jpg is truncated"] if self.damaged and key % self.damaged == 0 else []
        return dict(
            inputs=torch.randint(0, 256, (3, 2, 2), generator=generator, dtype=torch.uint8),
            label=int(key) % CLASSES,
            token_ids=torch.randint(0, 16, (2,), generator=generator),
            decode_errors=errors,
        )


@FUNCTIONS.register_module(force=True)
def toy_collate(samples: list[dict[str, Any]]) -> dict[str, Any]:
    token_ids = [sample["token_ids"] for sample in samples[LABELLED:]]
    return dict(
        inputs=torch.stack([sample["inputs"] for sample in samples]),
        gt_labels=torch.tensor([sample["label"] for sample in samples[:LABELLED]]),
        token_ids=torch.stack(token_ids) if token_ids else torch.zeros(0, 2),
        decode_errors=[error for sample in samples for error in sample["decode_errors"]],
    )


@DATA_SAMPLERS.register_module(force=True)
class ToyBatches(Sampler):
    """Endless batches of keys, each a function of the iteration and the rank."""

    def __init__(self, sampler: Any, batch_size: int) -> None:
        self.batch_size, self.start_iteration = batch_size, 0

    def __iter__(self) -> Iterator[list[int]]:
        rank, ranks = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        iteration = self.start_iteration
        while True:
            first = (iteration * ranks + rank) * self.batch_size
            yield list(range(first, first + self.batch_size))
            iteration += 1


@DATA_SAMPLERS.register_module(force=True)
class FiniteBatches(ToyBatches):
    """Two batches, and no way to start later."""

    def __init__(self, sampler: Any, batch_size: int) -> None:
        self.batch_size = batch_size

    def __iter__(self) -> Iterator[list[int]]:
        yield from (list(range(self.batch_size)) for _ in range(2))


@METRICS.register_module(force=True)
class MeanScore(BaseMetric):
    """The mean of the model's outputs, and what ``prepare`` saw."""

    def prepare(self, model: nn.Module) -> None:
        self.weight = model.text_encoder.weight.sum().item()

    def process(self, data_batch: Any, data_samples: Any) -> None:
        self.results += [(s["score"], s.get("brightness", 0.0)) for s in data_samples]

    def compute_metrics(self, results: list[tuple[float, float]]) -> dict[str, float]:
        count = len(results)
        score, brightness = (sum(column) / count for column in zip(*results, strict=True))
        means = {"mean_score": score, "brightness": brightness}
        return {**means, "count": count, "weight": self.weight}


@HOOKS.register_module(force=True)
class Record(Hook):
    """Write each iteration's exact losses and learning rate, and each validation's metrics."""

    # After the schedulers, before the checkpoint.
    priority = "LOW"

    def __init__(self, path: str) -> None:
        self.path = path

    def write(self, **record: Any) -> None:
        with open(self.path, "a") as file:
            file.write(json.dumps(record) + "\n")

    def after_train_iter(self, runner: Any, batch_idx: int, data_batch: Any, outputs: Any) -> None:
        losses = {name: value.item().hex() for name, value in outputs.items()}
        first = data_batch["inputs"].flatten()[:4].tolist()
        lr = runner.optim_wrapper.get_lr()["lr"][0]
        self.write(iteration=runner.iter, **losses, lr=lr, first=first, rank=runner.rank)

    def after_val_epoch(self, runner: Any, metrics: Any = None) -> None:
        self.write(validated=runner.iter, **metrics)


@HOOKS.register_module(force=True)
class RecordWeight(Hook):
    """Write the sum of a weight after each iteration."""

    def __init__(self, path: str = "") -> None:
        self.path = path

    def after_train_iter(self, runner: Any, batch_idx: int, **_: Any) -> None:
        with open(self.path, "a") as file:
            file.write(f"{unwrap(runner).text_encoder.weight.sum().item()}\n")


@HOOKS.register_module(force=True)
class FailAfter(Hook):
    """A fault of the code after an iteration, on one rank."""

    def __init__(self, iteration: int, fault: str, rank: int = 0) -> None:
        self.iteration, self.fault, self.rank = iteration, fault, rank

    def after_train_iter(self, runner: Any, batch_idx: int, **_: Any) -> None:
        if (runner.iter, runner.rank) != (self.iteration, self.rank):
            return
        if self.fault == "ValueError":
            raise ValueError("shapes do not fit")
        if self.fault == "FileNotFoundError":
            Path("absent.txt").read_text()
        raise AssertionError("an invariant")


@HOOKS.register_module(force=True)
class KillAfter(Hook):
    """``kill -9`` after an iteration."""

    priority = "LOWEST"

    def __init__(self, iteration: int) -> None:
        self.iteration = iteration

    def after_train_iter(self, runner: Any, batch_idx: int, **_: Any) -> None:
        if runner.iter == self.iteration:
            kill_myself()


def kill_myself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def toy_config(folder: Path, **changes: Any) -> Config:
    """A run of 12 iterations with a checkpoint each 4; changes are dotted keys, ``__`` for dots."""
    dataset = dict(type="ToyData")
    cfg = Config(
        dict(
            default_scope="iclip",
            model=dict(type="ToyModel"),
            train_dataloader=dict(
                dataset=dataset,
                sampler=dict(type="DefaultSampler"),
                batch_sampler=dict(type="ToyBatches"),
                collate_fn=dict(type="iclip.toy_collate"),
                batch_size=LABELLED + PAIRS,
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
                dict(type="StopWhenNotFinite"),
                dict(type="LogThroughput"),
                dict(type="Record", path=str(folder / "record.jsonl")),
            ],
            log_processor=dict(type="OneLineLogProcessor", window_size=4),
            randomness=dict(seed=0),
            env_cfg=dict(mp_cfg=dict(mp_start_method="fork", opencv_num_threads=0)),
            custom_imports=dict(imports=["tests.engine.toy_training"]),
        )
    )
    cfg.merge_from_dict({key.replace("__", "."): value for key, value in changes.items()})
    return cfg


def with_validation(cfg: Config, interval: int) -> Config:
    """Add two validation sets of different sizes."""
    loader = dict(
        dataset=dict(type="ToyData", size=6),
        sampler=dict(type="DefaultSampler", shuffle=False),
        collate_fn=dict(type="iclip.toy_collate"),
        batch_size=4,
    )
    cfg.val_dataloader = [loader, {**loader, "dataset": dict(type="ToyData", size=10)}]
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


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


def torchrun_environment(rank: int, ranks: int, port: int) -> dict[str, str]:
    """What torchrun sets for a process of one machine."""
    return {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(ranks),
        "LOCAL_WORLD_SIZE": str(ranks),
        "MASTER_ADDR": "localhost",
        "MASTER_PORT": str(port),
    }
