"""An optimizer step over micro-batches, with the losses and the gradient of the global batch.

Losses that are sums over samples add up over micro-batches. Contrastive losses do not: each row is
compared with rows of all micro-batches. Their gradient takes two passes (arXiv:2101.06983)::

    class texts    encoded once, with their graph; a leaf with their values stands in for them
    first pass     per micro-batch: the rows that are contrasted, without a graph
    batch losses   of all rows: their values, and their gradient with respect to the rows
    second pass    per micro-batch: the same rows (the same random draws) with a graph, and backward
                   through [sample losses + <rows, their gradient>]; in the last micro-batch also
                   through [<class texts, the gradient that the leaf has collected>]

So at most one micro-batch's graph exists at a time, beside that of the class texts. The last
backward pass reaches every parameter, once: in it DistributedDataParallel exchanges the gradients.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import torch
from mmengine.model import is_model_wrapper
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from iclip.models.methods.image_method import ImageMethod
from iclip.models.random_state import RandomState
from iclip.models.step_rows import BatchEmbeds, count_rows


def train_step(
    model: Any, micro_batches: Sequence[dict[str, Any]], optim_wrapper: OptimWrapper
) -> dict[str, Tensor]:
    """Take one optimizer step on a global batch.

    Args:
        model: An :class:`~iclip.models.methods.image_method.ImageMethod`, bare or in mmengine's
            distributed wrapper.
        micro_batches: This rank's part of the global batch, as the data loader yields it: equally
            many on all ranks. Their sizes may differ; each may lack labelled images, pairs or both.
        optim_wrapper: Clips and steps, once.

    Returns:
        Losses for the log; like mmengine's ``train_step``, which does all if there is one batch.

    Raises:
        ValueError: There are several micro-batches, and the model or the optimizer wrapper does not
            support them.
    """
    if len(micro_batches) == 1:
        return model.train_step(micro_batches[0], optim_wrapper)
    method = model.module if is_model_wrapper(model) else model
    _check_support(method, optim_wrapper, len(micro_batches))
    step = _Step(method, micro_batches)
    with optim_wrapper.optim_context(model):
        step.encode_class_texts()
        with torch.no_grad(), _unchanged_statistics(method):
            step.first_pass()
    step.contrast()
    for number, batch in enumerate(micro_batches):
        is_last = number == len(micro_batches) - 1
        with nullcontext() if is_last or method is model else model.no_sync():
            with optim_wrapper.optim_context(model):
                data = method.data_preprocessor(batch, True)
                losses = model(**data, mode="loss", loss=partial(step.second_pass, number))
            loss, log_vars = method.parse_losses(losses)
            if not is_last:
                loss.backward()
    optim_wrapper.update_params(loss)
    return log_vars


class _Step:
    """What the micro-batches of this rank share in one optimizer step.

    Args:
        method: The model without a wrapper.
        batches: The micro-batches.
    """

    def __init__(self, method: ImageMethod, batches: Sequence[dict[str, Any]]) -> None:
        for batch in batches:
            method.check_batch(batch["gt_labels"], batch["token_ids"])
        self.method = method
        self.batches = batches
        self.gt_labels = [batch["gt_labels"] for batch in batches]
        num_pairs = sum(len(batch["token_ids"]) for batch in batches)
        device = next(method.parameters()).device
        self.rows = count_rows(sum(map(len, self.gt_labels)), num_pairs, device)
        self.class_embeds: Tensor | None = None
        self.class_leaf: Tensor | None = None
        # Of each micro-batch, if anything is contrasted: the random state before its first pass,
        # and the rows that this pass made, as leaves.
        self.random_states: list[RandomState] = []
        self.row_leaves: list[BatchEmbeds] = []
        # Values by name: sums of the sample losses so far, and the batch losses.
        self.sample_losses: dict[str, Tensor] = {}
        self.batch_losses: dict[str, Tensor] = {}

    def encode_class_texts(self) -> None:
        """Encode the class texts that the step reads, and make the leaf that stands in for them."""
        self.class_embeds = self.method.encode_class_texts(self.gt_labels, self.rows)
        if self.class_embeds is not None:
            self.class_leaf = _leaf(self.class_embeds)

    def first_pass(self) -> None:
        """Embed the rows of each micro-batch that are contrasted; to be called without gradient."""
        if not (self.method.contrasts_labelled or any(self.rows.pairs)):
            return
        for batch in self.batches:
            data = self.method.data_preprocessor(batch, True)
            self.random_states.append(RandomState())
            self.row_leaves.append(BatchEmbeds(*map(_leaf, self._embed_contrasted(**data))))

    def contrast(self) -> None:
        """Compute the batch losses; their gradient comes to the leaves and to ``logit_scale``."""
        if not self.row_leaves:
            return
        embeds = BatchEmbeds(*map(torch.cat, zip(*self.row_leaves, strict=True)))
        labels = torch.cat(self.gt_labels)
        losses = self.method.batch_losses(embeds, self.class_leaf, labels, self.rows)
        torch.stack(list(losses.values())).sum().backward()
        self.batch_losses = {name: loss.detach() for name, loss in losses.items()}

    def second_pass(
        self, number: int, inputs: Tensor, gt_labels: Tensor, token_ids: Tensor
    ) -> dict[str, Tensor]:
        """Compute the losses up to a micro-batch, with the gradient of this micro-batch alone.

        Args:
            number: Number of the micro-batch, from 0.
            inputs: Its normalized images, labelled ones first.
            gt_labels: Its labels.
            token_ids: Its captions.

        Returns:
            Losses by name; with the last micro-batch, those of the step.
        """
        is_last = number == len(self.batches) - 1
        class_embeds = self.class_embeds if is_last else self.class_leaf
        # Scalars whose gradients add up to that of this micro-batch.
        carriers: list[Tensor] = []
        if self.row_leaves:
            with self.random_states[number].restored():
                embeds = self._embed_contrasted(inputs, gt_labels, token_ids)
            carriers += _carriers(embeds, self.row_leaves[number])
        if any(self.rows.labelled):
            if not self.method.contrasts_labelled:
                embeds = self.method.embed(inputs[: len(gt_labels)], len(gt_labels), None)
            losses = self.method.sample_losses(embeds.labelled, class_embeds, gt_labels, self.rows)
            carriers += losses.values()
            for name, loss in losses.items():
                self.sample_losses[name] = self.sample_losses.get(name, 0) + loss.detach()
        if is_last:
            carriers += self._collected()
        losses = {**self.sample_losses, **self.batch_losses}
        return _with_gradient(losses, torch.stack(carriers).sum())

    def _collected(self) -> list[Tensor]:
        """Return carriers of what all micro-batches share, for the last backward pass."""
        carriers = []
        if self.class_embeds is not None and self.class_leaf is not None:
            carriers += _carriers([self.class_embeds], [self.class_leaf])
        if self.row_leaves:
            # Its gradient has been there since the batch losses; ranks exchange what is reached.
            carriers.append(0 * self.method.logit_scale)
        return carriers

    def _embed_contrasted(
        self, inputs: Tensor, gt_labels: Tensor, token_ids: Tensor
    ) -> BatchEmbeds:
        """Embed the rows of a micro-batch that the batch losses read."""
        first = 0 if self.method.contrasts_labelled else len(gt_labels)
        captions = token_ids if any(self.rows.pairs) else None
        return self.method.embed(inputs[first:], len(gt_labels) - first, captions)


@contextmanager
def _unchanged_statistics(model: nn.Module) -> Iterator[None]:
    """Give batch norms their running statistics back behind the context.

    The second pass sees the same images; they are to count once.
    """
    norms = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    buffers = [buffer for norm in norms for buffer in norm.buffers()]
    values = [buffer.clone() for buffer in buffers]
    yield
    for buffer, value in zip(buffers, values, strict=True):
        buffer.copy_(value)


def _leaf(rows: Tensor) -> Tensor:
    """Return the same values as a tensor that collects a gradient."""
    return rows.detach().requires_grad_()


def _carriers(rows: Iterable[Tensor], leaves: Iterable[Tensor]) -> list[Tensor]:
    """Return scalars whose gradients with respect to the rows are what their leaves collected."""
    pairs = zip(rows, leaves, strict=True)
    return [(kind * leaf.grad).sum() for kind, leaf in pairs if leaf.grad is not None]


def _with_gradient(losses: dict[str, Tensor], carrier: Tensor) -> dict[str, Tensor]:
    """Return losses of the same values, whose sum has the gradient of ``carrier``."""
    first = next(iter(losses))
    return {**losses, first: losses[first] + (carrier - carrier.detach())}


def _check_support(method: nn.Module, optim_wrapper: OptimWrapper, num_micro_batches: int) -> None:
    several = f"a step over {num_micro_batches} micro-batches"
    if not isinstance(method, ImageMethod):
        raise ValueError(
            f"model.type={type(method).__name__!r}: {several} needs a method of pre-training, such "
            "as ICLIP; use one micro-batch"
        )
    if isinstance(optim_wrapper, AmpOptimWrapper):
        raise ValueError(
            f"optim_wrapper.type={type(optim_wrapper).__name__!r} scales losses for float16, which "
            f"{several} does not support; use optim_wrapper=dict(type='PrecisionOptimWrapper', "
            "precision='bf16', ...)"
        )
    counts = optim_wrapper._accumulative_counts
    if counts != 1:
        raise ValueError(
            f"optim_wrapper.accumulative_counts={counts} accumulates over steps, and {several} "
            "accumulates already; set it to 1"
        )
