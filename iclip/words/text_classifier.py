"""The classifier that knows its classes by their words, for every framework's heads."""

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.nn import functional as F

from iclip.checkpoints import load_checkpoint
from iclip.registry import MODELS
from iclip.text.class_texts import ClassTexts, as_class_texts
from iclip.words.class_embeddings import (
    ClassEmbeddings,
    embed_classes,
    in_one_space,
    read_class_embeddings,
)
from iclip.zeroshot.loading import load_zero_shot_model

NEW, PRETRAINED = "new", "pretrained"
# The temperature of pre-training at its start, 0.05.
_LOGIT_SCALE = math.log(1 / 0.05)


@MODELS.register_module()
class TextClassifier(BaseModule):
    """Compares features with class embeddings: ``exp(logit_scale)`` times the cosine.

    A linear layer's place and arguments: its weight's rows are embeddings that a text tower wrote,
    a buffer, so that no text tower is needed once the weights are saved, and another vocabulary is
    another buffer (:meth:`set_classes`).

    What is loaded is loaded by :meth:`init_weights`, which mmengine calls after the initialization
    that the head around it asks for. Without classes to embed, the buffers are zeros until a state
    dict fills them.

    Args:
        in_features: Size C of the features.
        out_features: Number of logits: N classes, and one more if there is a background.
        embed_dim: Size D of the joint space.
        background: Learn one more vector of the joint space, for what belongs to no class; its
            logit is the last.
        class_texts: The N classes, a class-text table; embedded by the checkpoint's text tower.
        checkpoint: A model of images and texts, see
            :func:`iclip.zeroshot.loading.load_zero_shot_model`.
        class_embeddings: A file of class embeddings (``iclip words`` writes one), in place of
            ``class_texts``.
        templates: The templates, or the name of a set in :data:`~iclip.text.prompts.TEMPLATES`.
        variant: Which parts of a class text to use, see :func:`~iclip.text.prompts.compose`.
        projection: ``pretrained``: start from the checkpoint's projection of images; the features
            must be its backbone's pooled ones. ``new``: start from random numbers.
        logit_scale: Initial log of the inverse temperature; None: the checkpoint's if the
            projection is, else log(1 / 0.05).

    Attributes:
        class_embeds: Buffer, unit rows (N, D).
        texts: The classes' texts; None until they are embedded or read.
        text_tower: Name of the text tower's file, see
            :class:`~iclip.words.class_embeddings.ClassEmbeddings`; may be empty.
        probe: Buffer (D,), which names the joint space; see
            :class:`~iclip.words.class_embeddings.ClassEmbeddings`.

    Raises:
        ValueError: The settings contradict each other.
    """

    class_embeds: Tensor
    probe: Tensor

    def __init__(
        self,
        in_features: int,
        out_features: int,
        embed_dim: int,
        background: bool = False,
        class_texts: str | None = None,
        checkpoint: str | None = None,
        class_embeddings: str | None = None,
        templates: str | Sequence[str] = "simple",
        variant: str = "name_description",
        projection: str = NEW,
        logit_scale: float | None = None,
    ) -> None:
        super().__init__()
        if projection not in (NEW, PRETRAINED):
            raise ValueError(
                f"TextClassifier.projection is {projection!r}; it takes {NEW!r} or {PRETRAINED!r}"
            )
        if class_texts is not None and class_embeddings is not None:
            raise ValueError(
                f"TextClassifier.class_texts is {class_texts!r} and class_embeddings "
                f"{class_embeddings!r}; give one of the two"
            )
        if class_texts is not None and checkpoint is None:
            raise ValueError(
                f"TextClassifier.class_texts is {class_texts!r} without a checkpoint, whose text "
                "tower embeds them; set checkpoint, or class_embeddings in place of class_texts"
            )
        self.in_features, self.embed_dim = in_features, embed_dim
        self.class_texts, self.class_embeddings = class_texts, class_embeddings
        self.checkpoint = checkpoint
        self.templates, self.variant = templates, variant
        self.projection_start, self.scale_start = projection, logit_scale
        num_classes = out_features - background
        self.projection = nn.Linear(in_features, embed_dim, bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(_LOGIT_SCALE))
        self.background = nn.Parameter(torch.empty(embed_dim)) if background else None
        self.register_buffer("class_embeds", torch.zeros(num_classes, embed_dim))
        self.register_buffer("probe", torch.zeros(embed_dim))
        self.texts: ClassTexts | None = None
        self.text_tower = ""
        self._start_parameters()

    @property
    def num_classes(self) -> int:
        """The number of classes N, without the background."""
        return len(self.class_embeds)

    @property
    def out_features(self) -> int:
        """The number of logits."""
        return self.num_classes + (self.background is not None)

    def forward(self, features: Tensor) -> Tensor:
        """Map features (..., C) to logits (..., N), or (..., N + 1) with the background last."""
        return self.compare(self.embed(features))

    def embed(self, features: Tensor) -> Tensor:
        """Map features (..., C) to unit vectors of the joint space, (..., D), float32 or double."""
        return _unit_rows(self.projection(features))

    def compare(self, embeds: Tensor) -> Tensor:
        """Map unit vectors of the joint space (..., D) to logits (..., N [+ 1])."""
        rows = self.class_embeds
        if self.background is not None:
            rows = torch.cat([rows, _unit_rows(self.background)[None]])  # N + 1, D
        # Half precision would round away small differences of similarity, which the scale enlarges.
        with torch.autocast(embeds.device.type, enabled=False):
            return self.logit_scale.exp() * embeds @ rows.to(embeds.dtype).T

    def init_weights(self) -> None:
        """Start the parameters, and embed or read the classes.

        Raises:
            FileNotFoundError: A file that a setting names does not exist.
            ValueError: A file does not fit, or no setting says what the classes are.
        """
        self._start_parameters()
        if self.projection_start == PRETRAINED:
            self._load_projection()
        self.set_classes(self._stated_classes())
        self._is_init = True

    @torch.no_grad()
    def set_classes(self, embeddings: ClassEmbeddings) -> None:
        """Take another vocabulary; the classes that were there are forgotten.

        Raises:
            ValueError: It was embedded by a text tower of another joint space.
        """
        stated = f"the {len(embeddings):,} classes embedded by {embeddings.text_tower or 'a file'}"
        if len(embeddings.probe) != self.embed_dim:
            raise ValueError(
                f"{stated} have {len(embeddings.probe)} dimensions, and the classifier's joint "
                f"space has {self.embed_dim} (embed_dim): take the text tower of the pre-training "
                "that the classifier started from"
            )
        if self.probe.any() and not in_one_space(self.probe, embeddings.probe):
            raise ValueError(
                f"{stated} are of another joint space than the classifier's, in which the same "
                "sentence lies elsewhere: take the text tower of the pre-training that the "
                "classifier started from"
            )
        # Copies, so that a state dict that is loaded later does not change the embeddings given.
        like = self.class_embeds
        self.class_embeds = embeddings.embeds.to(like, copy=True)
        self.probe = embeddings.probe.to(like, copy=True)
        self.texts, self.text_tower = embeddings.texts, embeddings.text_tower

    @torch.no_grad()
    def _start_parameters(self) -> None:
        """Set what is trained to its values before the training, in place."""
        # CLIP's initialization: an embedding's entries have about the variance of the features'.
        nn.init.normal_(self.projection.weight, std=self.in_features**-0.5)
        self.logit_scale.fill_(_LOGIT_SCALE if self.scale_start is None else self.scale_start)
        if self.background is not None:
            nn.init.normal_(self.background, std=self.embed_dim**-0.5)

    @torch.no_grad()
    def _load_projection(self) -> None:
        """Load the checkpoint's projection of images and, unless one is set, its temperature."""
        if self.checkpoint is None:
            raise ValueError(
                f"TextClassifier.projection is {PRETRAINED!r} without a checkpoint that holds it"
            )
        weights = load_checkpoint(self.checkpoint, mmap=True)["state_dict"]
        projection, scale = weights.get("image_projection.weight"), weights.get("logit_scale")
        wanted = tuple(self.projection.weight.shape)
        if projection is None or scale is None or tuple(projection.shape) != wanted:
            found = "none" if projection is None else str(tuple(projection.shape))
            raise ValueError(
                f"TextClassifier.projection is {PRETRAINED!r}, and {self.checkpoint} has "
                f"image_projection.weight: {found}; (embed_dim, in_features) is {wanted}. It fits "
                f"the pooled features of that checkpoint's own backbone; else set {NEW!r}"
            )
        self.projection.weight.copy_(projection)
        if self.scale_start is None:
            self.logit_scale.copy_(scale)

    def _stated_classes(self) -> ClassEmbeddings:
        """Embed or read the classes that the settings name, and check their number."""
        if self.class_embeddings is not None:
            place, embeddings = self.class_embeddings, read_class_embeddings(self.class_embeddings)
        elif self.class_texts is not None and self.checkpoint is not None:
            place, texts = self.class_texts, as_class_texts(self.class_texts)
            model = load_zero_shot_model(self.checkpoint)
            embeddings = embed_classes(model, texts, self.templates, self.variant)
        else:
            raise ValueError(
                "TextClassifier has no classes: set class_texts and checkpoint, or class_embeddings"
            )
        if len(embeddings) != self.num_classes:
            raise ValueError(
                f"{Path(place).name} holds {len(embeddings):,} classes, and the model has "
                f"{self.num_classes:,} (out_features without the background): {place}"
            )
        return embeddings


def _unit_rows(vectors: Tensor) -> Tensor:
    """Scale vectors to length 1, (..., D); half precision becomes float32."""
    return F.normalize(vectors.to(torch.promote_types(vectors.dtype, torch.float32)), dim=-1)
