"""MaskFormer's head with classes said in words."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from mmseg.models.decode_heads import MaskFormerHead
from torch import Tensor
from torch.nn import functional as F

from iclip.registry import MODELS
from iclip.text.class_texts import ClassTexts
from iclip.words import ClassEmbeddings, TextClassifier

# Least cosine of two embeddings of one text.
_SAME_TEXT = 0.9999
# Least probability whose logarithm is taken.
_LEAST = 1e-8


@MODELS.register_module()
class TextMaskFormerHead(MaskFormerHead):
    """mmseg's MaskFormer head with an :class:`iclip.words.TextClassifier` for its linear layer.

    Trained classes and tested ones may differ: the loss is taken over the trained classes alone, so
    that no class that a test will name was pushed away in training.

    With ``pooled_weights``, the pre-trained map says at test, too, what each mask shows: its mean
    over the mask, projected, is compared with the tested classes as an image embedding is. The two
    probabilities are joined by a geometric mean, as FC-CLIP does (arXiv:2308.02487, section 3.3).
    That asks for a frozen backbone. A mask's weights are its sigmoid, where FC-CLIP takes it as
    binary: on a small map a binary mask may be empty.

    Args:
        classifier: Settings of the classifier but for its sizes; it has a background, which is
            MaskFormer's "no object".
        tested_classes: ``num_classes`` and ``class_texts`` or ``class_embeddings`` of the classes
            to test; None: the trained ones.
        pooled_weights: Exponents of the pre-trained map's probability, in 0 to 1, for classes that
            were trained (``seen``) and others (``new``); None: the head alone decides.
        num_classes: Number of trained classes.
        feat_channels: Channels of the queries' features.
        in_channels: Channels of the backbone's maps.
        **kwargs: See mmseg's ``MaskFormerHead``.

    Attributes:
        tested_embeds: Buffer, unit rows (M, D) of the tested classes; None: the trained ones.
        texts: The tested classes, once such are known.
        text_tower: Name of the text tower that embedded them.
    """

    tested_embeds: Tensor | None
    texts: ClassTexts | None
    text_tower: str

    def __init__(
        self,
        *,
        classifier: Mapping[str, Any],
        tested_classes: Mapping[str, Any] | None = None,
        pooled_weights: Mapping[str, float] | None = None,
        num_classes: int = 150,
        feat_channels: int = 256,
        in_channels: Sequence[int],
        **kwargs: Any,
    ) -> None:
        super().__init__(
            num_classes=num_classes,
            feat_channels=feat_channels,
            in_channels=list(in_channels),
            **kwargs,
        )
        _check_weights(pooled_weights)
        self._classifier, self._tested = dict(classifier), dict(tested_classes or {})
        self.cls_embed = self._built(
            in_features=feat_channels, out_features=num_classes + 1, background=True
        )
        self.pooled_weights = pooled_weights
        self.pooled_classifier = None
        if pooled_weights is not None:
            self.pooled_classifier = self._built(
                in_features=in_channels[-1],
                out_features=num_classes,
                background=False,
                projection="pretrained",
                logit_scale=None,
            ).requires_grad_(False)
        num_tested = self._tested.pop("num_classes", None)
        self.register_buffer(
            "tested_embeds", None if num_tested is None else torch.zeros(num_tested, self.embed_dim)
        )
        self._is_predicting = False

    @property
    def embed_dim(self) -> int:
        """Size D of the joint space."""
        return self.cls_embed.embed_dim

    def init_weights(self) -> None:
        """Start the head's parameters, then load the classifiers and embed the tested classes.

        Raises:
            FileNotFoundError: A file that a setting names does not exist.
            ValueError: A file does not fit.
        """
        super().init_weights()
        self.cls_embed.init_weights()
        if self.pooled_classifier is not None:
            self.pooled_classifier.init_weights()
        if self.tested_embeds is not None:
            # It embeds as the trained classes are embedded, and refuses another joint space.
            tested = self._built(
                in_features=1,
                out_features=len(self.tested_embeds),
                background=False,
                projection="new",
                **self._tested,
            )
            tested.probe = self.cls_embed.probe
            tested.init_weights()
            self._take_tested(tested)

    def set_classes(self, embeddings: ClassEmbeddings) -> None:
        """Predict other classes from now on; the trained ones stay, to tell which classes are new.

        Raises:
            ValueError: The classes were embedded in another joint space.
        """
        layer = self.cls_embed
        trained = layer.class_embeds, layer.texts, layer.text_tower
        layer.set_classes(embeddings)
        self._take_tested(layer)
        layer.class_embeds, layer.texts, layer.text_tower = trained

    def _take_tested(self, classifier: TextClassifier) -> None:
        self.tested_embeds = classifier.class_embeds.to(self.cls_embed.class_embeds)
        self.texts, self.text_tower = classifier.texts, classifier.text_tower

    def predict(
        self, x: tuple[Tensor, ...], batch_img_metas: list[dict[str, Any]], test_cfg: Any
    ) -> Tensor:
        """Return scores of the tested classes, (B, M, H, W), as mmseg's head does."""
        with self._tested_vocabulary():
            return super().predict(x, batch_img_metas, test_cfg)

    def forward(self, x: tuple[Tensor, ...], batch_data_samples: Any) -> tuple[Tensor, Tensor]:
        """Return the queries' class logits (layers, B, Q, N + 1) and masks (layers, B, Q, h, w)."""
        logits, masks = super().forward(x, batch_data_samples)
        if self._is_predicting and self.pooled_classifier is not None:
            # In half precision, a sum over a map overflows and equal texts differ.
            with torch.autocast(logits.device.type, enabled=False):
                # The last layer's, which alone is predicted from.
                return self._joined(logits[-1], masks[-1], x[-1])[None], masks[-1:]
        return logits, masks

    def _joined(self, logits: Tensor, masks: Tensor, features: Tensor) -> Tensor:
        """Join what the head and the pre-trained map say of each query.

        Args:
            logits: Of the head, (B, Q, M + 1).
            masks: Logits of each query's mask, (B, Q, h, w).
            features: The pre-trained map, (B, C, H, W).

        Returns:
            Logarithms of probabilities, (B, Q, M + 1).
        """
        assert self.pooled_classifier is not None and self.pooled_weights is not None
        nothing = logits.softmax(dim=-1)[..., -1:]  # B, Q, 1
        own = logits[..., :-1].log_softmax(dim=-1)
        weights = F.interpolate(
            masks.float(), features.shape[-2:], mode="bilinear", align_corners=False
        ).sigmoid()
        # B, Q, C: the mean of the map over each mask; its length does not matter.
        pooled = torch.einsum("bqhw,bchw->bqc", weights, features.float())
        of_map = self.pooled_classifier(pooled).log_softmax(dim=-1)
        share = torch.where(
            self._is_seen(), self.pooled_weights["seen"], self.pooled_weights["new"]
        ).to(own)  # M
        joined = ((1 - share) * own + share * of_map).softmax(dim=-1) * (1 - nothing)
        return torch.cat([joined, nothing], dim=-1).clamp(min=_LEAST).log()

    def _is_seen(self) -> Tensor:
        """Whether each tested class was trained, (M,): it has the embedding of one that was."""
        assert self.pooled_classifier is not None
        tested = self.pooled_classifier.class_embeds
        trained = self._trained_embeds
        return (tested @ trained.T).amax(dim=1) >= _SAME_TEXT

    @contextmanager
    def _tested_vocabulary(self) -> Iterator[None]:
        """Let the classifiers compare with the tested classes."""
        trained = self._trained_embeds = self.cls_embed.class_embeds
        tested = trained if self.tested_embeds is None else self.tested_embeds
        classifiers = [c for c in (self.cls_embed, self.pooled_classifier) if c is not None]
        self._is_predicting = True
        try:
            for classifier in classifiers:
                classifier.class_embeds = tested
            yield
        finally:
            self._is_predicting = False
            for classifier in classifiers:
                classifier.class_embeds = trained

    def _built(self, **settings: Any) -> TextClassifier:
        common = dict(self._classifier)
        if "class_texts" in settings or "class_embeddings" in settings:
            for other in ("class_texts", "class_embeddings"):
                common.pop(other, None)
        return MODELS.build({**common, **settings})


def _check_weights(pooled_weights: Mapping[str, float] | None) -> None:
    if pooled_weights is None:
        return
    fits = pooled_weights.keys() == {"seen", "new"}
    if not fits or not all(0 <= weight <= 1 for weight in pooled_weights.values()):
        raise ValueError(
            f"model.decode_head.pooled_weights={dict(pooled_weights)!r}: give the two exponents "
            "seen and new, each from 0 to 1"
        )
