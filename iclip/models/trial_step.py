"""One training step of a small iCLIP on random images."""

import math

import torch

from iclip.models.methods.iclip import ICLIP
from iclip.text.class_texts import ClassText, ClassTexts
from iclip.text.tokenizer import CLIPTokenizer

_CLASSES = ClassTexts(
    [
        ClassText("n01440764", ("tench",), "freshwater dace-like game fish"),
        ClassText("n02123045", ("tabby",), "a cat with a coat mottled with black"),
    ]
)
_CONTEXT_LENGTH, _WIDTH = 32, 16


def small_iclip() -> ICLIP:
    """Build a model of two classes with random weights."""
    return ICLIP(
        backbone=dict(
            type="SwinBackbone", arch=dict(embed_dims=8, depths=(2,), num_heads=(1,)), window_size=4
        ),
        text_encoder=dict(
            type="TextTransformer", context_length=_CONTEXT_LENGTH, width=_WIDTH, heads=2, layers=1
        ),
        class_prompts=dict(class_texts=_CLASSES, tokenizer=CLIPTokenizer(_CONTEXT_LENGTH)),
        embed_dim=_WIDTH,
    )


def made_up_images(count: int) -> torch.Tensor:
    """Draw images of noise, uint8 in 0..255, (count, 3, 32, 32)."""
    return torch.randint(0, 256, (count, 3, 32, 32), dtype=torch.uint8)


def trial_step(device: str) -> float:
    """Train the small model for one step on two labelled images and two pairs.

    Args:
        device: ``'cuda'`` or ``'cpu'``.

    Returns:
        The sum of both losses before the step, in nats.

    Raises:
        RuntimeError: The loss is not finite.
    """
    model = small_iclip().to(device).train()
    batch = {
        "inputs": made_up_images(4),  # the two labelled images, then those of the two pairs
        "gt_labels": torch.tensor([0, 1]),
        "token_ids": CLIPTokenizer(_CONTEXT_LENGTH)(["a fish in a pond", "a cat on a mat"]),
    }
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    losses = model(**model.data_preprocessor(batch, training=True), mode="loss")
    torch.stack(list(losses.values())).sum().backward()
    optimizer.step()
    loss = sum(float(value.detach()) for value in losses.values())
    if not math.isfinite(loss):
        raise RuntimeError(f"the loss of a training step on {device} is {loss}")
    return loss
