"""Swin for video: mmaction's network, inflated from an image backbone's weights or from scratch."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch.nn.functional as F
from mmaction.models.backbones.swin import SwinTransformer3D
from torch import Tensor, nn

from iclip.checkpoints import load_backbone, read_backbone
from iclip.checkpoints.swin_tensors import BUFFERS
from iclip.models.swin.arch import SwinArch, check_stages
from iclip.models.swin.depth import layers_to_heads
from iclip.models.swin.stem import ConvStem
from iclip.openmmlab.video.inflation import inflate_swin
from iclip.openmmlab.video.swin_stage import VideoSwinStage
from iclip.registry import MODELS


class VideoConvStem(ConvStem):
    """The image backbone's convolutional stem on each frame; a token is the mean over its frames.

    Args:
        tubelet: Number of frames per token.
        **kwargs: See :class:`~iclip.models.swin.stem.ConvStem`.
    """

    def __init__(self, tubelet: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tubelet = tubelet

    def forward(self, video: Tensor) -> Tensor:
        """Map (B, in_channels, T, H, W) to (B, embed_dim, T', H', W'), sizes rounded up.

        If T is not a multiple of ``tubelet``, the last frame is repeated.
        """
        batch, channels, frames, *size = video.shape
        # Frames up to the next multiple; padding names the last axis first: W, H, T.
        lacking = -frames % self.tubelet
        video = F.pad(video, (0, 0, 0, 0, 0, lacking), mode="replicate") if lacking else video
        images = video.transpose(1, 2).reshape(-1, channels, *size)  # B * T, in_channels, H, W
        tokens = super().forward(images)  # B * T, H', W', C
        tokens = tokens.unflatten(0, (batch, -1, self.tubelet)).mean(dim=2)  # B, T', H', W', C
        return tokens.permute(0, 4, 1, 2, 3)  # B, C, T', H', W'


@MODELS.register_module()
class VideoSwinBackbone(SwinTransformer3D):
    """Video Swin Transformer (arXiv:2106.13230), inflated from an image backbone's checkpoint.

    Parameters, names and semantics are mmaction's. Window and shift follow from the size of each
    map, as in :class:`~iclip.models.SwinBackbone`, and a still video gives that backbone's maps at
    every time. It differs from mmaction where a map is smaller than a window in height or width
    alone, see :class:`~iclip.openmmlab.video.swin_stage.VideoSwinStage`.

    Args:
        arch: As for :class:`~iclip.models.SwinBackbone`.
        checkpoint: File of an image backbone in any layout that the hub reads, which is inflated,
            or of a video backbone, which is not changed; None: from scratch.
        allow_missing: Prefixes of parameters that the checkpoint need not have.
        allow_left_over: Prefixes of tensors in the checkpoint that need not find a place.
        stem: ``'patch'`` or ``'conv'``, as in the image backbone.
        patch_size: Frames, rows and columns of pixels per token of the first stage.
        window_size: Tokens of a window in time, height and width.
        out_indices: Stages whose maps are returned; None: the last.
        frozen_stages: As for :class:`~iclip.models.SwinBackbone`.
        **kwargs: See mmaction's ``SwinTransformer3D``. ``attn_drop_rate`` and ``qk_scale`` are not
            taken, nor is ``pretrained``, by which mmaction loads what fits and skips the rest.

    Raises:
        ValueError: ``attn_drop_rate``, ``qk_scale`` or ``pretrained`` is given, the stem is
            unknown, or ``out_indices`` or ``frozen_stages`` names a stage that there is not.
    """

    layers: nn.ModuleList

    def __init__(
        self,
        arch: str | Mapping[str, Any] = "tiny",
        checkpoint: str | None = None,
        allow_missing: Sequence[str] = (),
        allow_left_over: Sequence[str] = (),
        stem: str = "patch",
        patch_size: tuple[int, int, int] = (2, 4, 4),
        window_size: tuple[int, int, int] = (8, 7, 7),
        out_indices: Sequence[int] | None = None,
        frozen_stages: int = -1,
        **kwargs: Any,
    ) -> None:
        if kwargs.pop("pretrained", None) is not None:
            raise ValueError(
                "VideoSwinBackbone takes checkpoint=..., not pretrained=...: the former loads "
                "completely or stops the run"
            )
        kwargs.pop("pretrained2d", None)
        sizes = SwinArch.parse(arch)
        check_stages(out_indices, frozen_stages, len(sizes.depths))
        fixed = [name for name in ("attn_drop_rate", "qk_scale") if kwargs.pop(name, None)]
        if fixed:
            raise ValueError(
                f"VideoSwinBackbone does not take {fixed[0]}: its attention has no dropout and the "
                "original's scale; leave it out"
            )
        super().__init__(
            arch=dict(
                embed_dims=sizes.embed_dims,
                depths=list(sizes.depths),
                num_heads=list(sizes.num_heads),
            ),
            pretrained2d=False,
            patch_size=tuple(patch_size),
            window_size=tuple(window_size),
            out_indices=(len(sizes.depths) - 1,) if out_indices is None else tuple(out_indices),
            frozen_stages=frozen_stages,
            **kwargs,
        )
        if stem == "conv":
            self.patch_embed = VideoConvStem(
                tubelet=patch_size[0],
                patch_size=patch_size[1],
                in_channels=kwargs.get("in_channels", 3),
                embed_dim=sizes.embed_dims,
            )
        elif stem != "patch":
            raise ValueError(f"stem={stem!r} is unknown; take 'patch' or 'conv'")
        self.layers = nn.ModuleList(map(VideoSwinStage, self.layers))
        self.checkpoint = checkpoint
        self.allow_missing = tuple(allow_missing)
        self.allow_left_over = tuple(allow_left_over)
        self._freeze_stages()

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Compute feature maps.

        Args:
            x: Video, (B, in_channels, T, H, W), normalized.

        Returns:
            For each stage i of ``out_indices``, (B, C_i, T', H_i, W_i); a tuple if there are more.
        """
        tokens = self.pos_drop(self.patch_embed(x)).permute(0, 2, 3, 4, 1)  # B, T', H', W', C
        maps = []
        for i, stage in enumerate(self.layers):
            stage_map, tokens = stage(tokens)
            if i in self.out_indices:
                chosen = tokens if self.out_after_downsample else stage_map
                normalized = self.get_submodule(f"norm{i}")(chosen)
                maps.append(normalized.permute(0, 4, 1, 2, 3).contiguous())  # B, C, T', H', W'
        return maps[0] if len(maps) == 1 else tuple(maps)

    def layers_to_heads(self) -> dict[str, int]:
        """Count the layers from each parameter to the heads, see :mod:`iclip.models.swin.depth`."""
        names = [name for name, _ in self.named_parameters()]
        return layers_to_heads(names, self.depths, merging_first=False)

    def train(self, mode: bool = True) -> "VideoSwinBackbone":
        """Set training or evaluation mode; frozen stages stay in evaluation mode."""
        super().train(mode)
        return self  # mmaction's returns None, on which `model.train().to(device)` fails

    def _freeze_stages(self) -> None:
        """Freeze what the image backbone freezes; mmaction lets norms and dropout train."""
        super()._freeze_stages()
        if self.frozen_stages >= 0:
            self.pos_drop.eval()
        frozen: Any = self.layers[: max(self.frozen_stages, 0)]
        for stage in frozen:
            stage.with_cp = False  # it keeps nothing for the backward pass in any case
        for i in self.out_indices:
            if i < self.frozen_stages:
                self.get_submodule(f"norm{i}").eval().requires_grad_(False)

    def init_weights(self) -> None:
        """Initialize at random, then take the checkpoint's weights if there is one.

        Raises:
            ValueError: A weight is missing, left over or of another shape, and not allowed to be.
        """
        super().init_weights()
        if self.checkpoint is None:
            return
        file = read_backbone(self.checkpoint)
        weights = inflate_swin(file.weights, self.patch_size[0], self.window_size)
        # Buffers follow from the sizes and are not in the file.
        weights |= {n: b for n, b in self.named_buffers() if n.endswith(BUFFERS)}
        load_backbone(
            self,
            weights,
            self.checkpoint,
            allow_missing=self.allow_missing,
            allow_left_over=self.allow_left_over,
        )
