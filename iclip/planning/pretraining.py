"""A step of pre-training, traced: the config's model, its class texts if they are there."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from torch import Tensor

from iclip.batch_sizes import BatchSizes, fitting_micro_batches, split_batch
from iclip.engine.start.global_batch import batch_sizes_of
from iclip.models.methods import ImageMethod
from iclip.models.step import train_step
from iclip.planning.ledger import Account
from iclip.planning.traced_step import GRADIENTS, TracedStep, traced_training
from iclip.registry import MODELS, TOKENIZERS
from iclip.settings import get_setting
from iclip.text.made_up_texts import (
    SPECIAL_IDS,
    WordCountTokenizer,
    made_up_captions,
    made_up_classes,
)

IMAGES, CAPTIONS, CLASS_TEXTS = "images", "captions", "class texts"
# ImageNet-22K's, in place of a table that is not there.
ASSUMED_CLASSES = 21_841
# Micro-batches that are traced; further ones repeat their work in the same memory.
_TRACED_MICRO_BATCHES = 2
_ONCE_PER_STEP = (CLASS_TEXTS, GRADIENTS)
_SOURCES = ("labelled", "pairs")


class PretrainingStep:
    """The step of a pre-training config with any sizes.

    Args:
        cfg: The config.
        classes: Number of classes where the config's table is not there; None: ImageNet-22K's.

    Attributes:
        notes: What is assumed about data that is not there.
        micro_batch_option: What sets the samples that a GPU computes at once.
    """

    micro_batch_option = "--micro-batch-size "

    def __init__(self, cfg: Config, classes: int | None = None) -> None:
        self.cfg = cfg
        self._ratio = cfg.train_dataloader.batch_sampler.ratio
        self.notes: list[str] = []
        settings = dict(cfg.model, type=f"iclip.{cfg.model.type}")
        prompts = settings.get("class_prompts")
        if prompts is not None:
            settings["class_prompts"] = self._readable_prompts(dict(prompts), classes)
        with torch.device("meta"):
            self._model: ImageMethod = MODELS.build(settings)
        self._image_size = image_size(cfg)
        self._prepare_texts()

    def sizes(self, gpus: int) -> BatchSizes:
        """Return the sizes that the config states.

        Raises:
            ValueError: The config's batch cannot be divided.
        """
        sizes = batch_sizes_of(self.cfg, gpus)
        assert sizes is not None  # of a config that mixes sources
        return sizes

    def smaller(self, sizes: BatchSizes) -> list[BatchSizes]:
        """Return the same step with each smaller micro-batch, ascending."""
        share = sizes.global_batch_size // sizes.processes
        return [
            replace(sizes, micro_batch_size=size, accumulation=share // size)
            for size in fitting_micro_batches(share, self._ratio)
            if size < sizes.micro_batch_size
        ]

    def on_more_gpus(self, sizes: BatchSizes, gpus: int) -> BatchSizes | None:
        """Return the same step on more GPUs, with micro-batches at most as large."""
        share, rest = divmod(sizes.global_batch_size, gpus)
        fitting = [] if rest else fitting_micro_batches(share, self._ratio)
        size = max((size for size in fitting if size <= sizes.micro_batch_size), default=None)
        if size is None:
            return None
        return BatchSizes(sizes.global_batch_size, gpus, size, share // size)

    def samples(self, sizes: BatchSizes) -> dict[str, int]:
        """Return the samples per step and source."""
        counts = split_batch(sizes.global_batch_size, self._ratio, _SOURCES)
        return dict(zip(_SOURCES, counts, strict=True))

    def trace(
        self, sizes: BatchSizes, backbone: Mapping[str, Any] | None = None, rank: int = 0
    ) -> TracedStep:
        """Trace a step.

        Args:
            sizes: The sizes of the step.
            backbone: Changes to the backbone's settings.
            rank: The rank whose step it is. Rank 0 encodes the longest class texts, which take most
                memory and work.
        """
        model = self._copy_of_model(backbone or {})
        count = min(sizes.accumulation, _TRACED_MICRO_BATCHES)
        batches = [self._batch(sizes.micro_batch_size) for _ in range(count)]
        with traced_training(model, self.cfg, sizes.processes, rank=rank) as traced:
            watch = traced.ledger.watch
            watch(model, "encode_classes", CLASS_TEXTS)
            watch(model, "encode_class_subset", CLASS_TEXTS)
            watch(model, "encode_text", CAPTIONS)
            watch(model.backbone, "forward_pooled", IMAGES)
            watch(model.data_preprocessor, "forward", IMAGES)
            train_step(traced.model, batches, traced.optim_wrapper)
        _repeat(traced.ledger.account, sizes.accumulation / count)
        return traced.result()

    def _copy_of_model(self, backbone: Mapping[str, Any]) -> ImageMethod:
        """Copy the model but for its class texts, which no step changes."""
        prompts = self._model.class_prompts
        model: ImageMethod = copy.deepcopy(self._model, {id(prompts): prompts})
        if backbone:
            with torch.device("meta"):
                model.backbone = MODELS.build({**self.cfg.model.backbone, **backbone})
        return model

    def _batch(self, size: int) -> dict[str, Any]:
        """Make a micro-batch as the data loader yields it."""
        labelled, pairs = split_batch(size, self._ratio, _SOURCES)
        num_classes = len(self._model.class_prompts or ())
        labels = np.random.default_rng(0).integers(0, max(num_classes, 1), labelled)
        side = self._image_size
        return dict(
            inputs=torch.empty(labelled + pairs, 3, side, side, dtype=torch.uint8),
            gt_labels=torch.from_numpy(labels),
            token_ids=self._captions(pairs),
        )

    def _captions(self, count: int) -> Tensor:
        """Return the token ids of captions, (count, L) int64, or (0,) without any."""
        if count == 0:
            return torch.empty(0, dtype=torch.int64)
        settings = get_setting(self.cfg, "train_dataloader.dataset.pairs.tokenizer")
        return self._tokenizer(settings)(made_up_captions(count))

    def _readable_prompts(self, prompts: dict[str, Any], classes: int | None) -> dict[str, Any]:
        """Put made-up texts and tokenizers in place of those that are not there."""
        table = prompts["class_texts"]
        if not Path(table).is_file():
            count = ASSUMED_CLASSES if classes is None else classes
            prompts |= dict(class_texts=made_up_classes(count), templates="simple")
            self.notes.append(
                f"{table} is not there: {count:,} class texts as long as ImageNet-22K's with "
                "WordNet's descriptions (mean 25 tokens, longest 112)"
            )
        elif classes is not None:
            raise ValueError(f"--classes {classes}: {table} is there and decides")
        prompts["tokenizer"] = self._tokenizer(prompts["tokenizer"])
        return prompts

    def _tokenizer(self, settings: Mapping[str, Any]) -> Any:
        name = settings["type"].rpartition(".")[2]
        folder = settings.get("name_or_path")
        if folder is None or Path(folder).is_dir() or name not in SPECIAL_IDS:
            return TOKENIZERS.build(dict(settings))
        told = f"{folder} is not a folder here: one token per word in place of its tokenizer"
        if told not in self.notes:
            self.notes.append(told)
        return WordCountTokenizer(settings["context_length"], **SPECIAL_IDS[name])

    def _prepare_texts(self) -> None:
        """Tokenize outside of a trace, and say what is assumed about captions."""
        prompts = self._model.class_prompts
        if prompts is not None:
            prompts.token_ids_at(range(len(prompts)), 0)
        if self._ratio[1]:
            self.notes.append(
                "captions are as long as class texts (mean 25 tokens, longest 112, cut at the "
                "context length)"
            )


def image_size(cfg: Config) -> int:
    """Return the side of the training images in pixels."""
    for source in _SOURCES:
        size = get_setting(cfg, f"train_dataloader.dataset.{source}.image_transform.size")
        if size is not None:
            return int(size)
    raise ValueError(
        f"{cfg.filename}: train_dataloader.dataset states no image_transform.size, the side of its "
        "images in pixels"
    )


def _repeat(account: Account, factor: float) -> None:
    """Count further micro-batches, whose work is that of those that were traced."""
    for work, count in account.flops.items():
        if work.part not in _ONCE_PER_STEP:
            account.flops[work] = round(count * factor)
    for what, count in account.sent.items():
        if what not in _ONCE_PER_STEP:
            account.sent[what] = round(count * factor)
