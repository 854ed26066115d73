"""The Swin Transformer as image tower, and as backbone of detection and segmentation."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from iclip.checkpoints import load_backbone, read_backbone
from iclip.checkpoints.swin_layouts import name_last_norm
from iclip.checkpoints.swin_tensors import fit_bias_tables
from iclip.models.swin.arch import SwinArch, check_stages
from iclip.models.swin.depth import layers_to_heads
from iclip.models.swin.layers import SwinStage
from iclip.models.swin.recompute import check_form
from iclip.models.swin.stem import build_stem
from iclip.registry import MODELS


@MODELS.register_module()
class SwinBackbone(BaseModule):
    """Swin Transformer for images of any size (arXiv:2103.14030).

    Parameters, layers and names are those of ``timm.models.swin_transformer``: a timm state dict
    fits, except for its classifier. The computation is the original's at every size: windows and
    shifts follow from the current map, and maps are padded before they are rolled. It equals timm's
    classification model at the size that timm's was built for, the detection code (mmdet, mmseg)
    where every map is larger than a window, and Video Swin on a video of equal frames.

    Without ``out_indices``, the last stage's map is the only output, behind timm's ``norm``. With
    them, each chosen map has its own norm, ``norm0`` to ``norm3`` as in mmdet; a checkpoint of
    pre-training has only the last one. Stages behind the last chosen one are not built, because a
    parameter without gradient stops distributed training.

    ``torch.compile`` needs ``dynamic=False``: window positions are computed for each input size,
    and with symbolic sizes the compiler takes minutes.

    Args:
        arch: ``'tiny'``, ``'small'``, ``'base'``, ``'large'``, or a dict of the three numbers of
            :class:`SwinArch`: ``embed_dims``, ``depths``, ``num_heads``.
        in_channels: Channels of the images.
        patch_size: Height and width in pixels of the first stage's tokens.
        window_size: Side of the attention windows, in tokens.
        mlp_ratio: Hidden channels of the MLPs as a multiple of the stage's channels.
        drop_path_rate: Probability that an image skips a branch of the last block in training; it
            grows linearly from 0 in the first block.
        out_indices: Stages whose maps :meth:`forward` returns; None: the last.
        frozen_stages: -1: train all. 0: freeze the stem (evaluation mode, no gradients). k: also
            freeze the first k stages, their norms, and the merging that leads to the next stage, as
            in mmdet.
        stem: ``'patch'``, one linear projection of each patch, or ``'conv'``, four convolutions for
            small models.
        with_cp: Activation checkpointing. True: least memory, and a second forward pass during the
            backward pass. ``'cheap'``: compute again only what is large and cheap; see
            :func:`~iclip.models.swin.recompute.apply_with_recomputation`.
        checkpoint: File with the weights to start from, in any layout that the hub reads (see
            :func:`iclip.checkpoints.read_backbone`), or ``FILE#PART`` for one of several sets of
            weights in it, such as ``swin.pth#model_ema``; :meth:`init_weights` loads it. With
            ``out_indices``, the norm of pre-training becomes that of the last stage's map, and the
            norms of the other maps are new.
        allow_missing: Prefixes of parameters that the checkpoint may lack.
        allow_left_over: Prefixes of the checkpoint's tensors that the model may lack.
        init_cfg: mmengine's initialization config.

    Attributes:
        num_features: Channels of the last map.

    Raises:
        ValueError: A setting is not one of the values above.
    """

    def __init__(
        self,
        arch: str | dict[str, Any] = "tiny",
        in_channels: int = 3,
        patch_size: int = 4,
        window_size: int = 7,
        mlp_ratio: float = 4.0,
        drop_path_rate: float = 0.1,
        out_indices: Sequence[int] | None = None,
        frozen_stages: int = -1,
        stem: str = "patch",
        with_cp: bool | str = False,
        checkpoint: str | None = None,
        allow_missing: Sequence[str] = (),
        allow_left_over: Sequence[str] = (),
        init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.checkpoint = checkpoint
        self.allow_missing = tuple(allow_missing)
        self.allow_left_over = tuple(allow_left_over)
        sizes = SwinArch.parse(arch)
        stages = len(sizes.depths)
        check_stages(out_indices, frozen_stages, stages)
        check_form(with_cp)
        self.patch_size = patch_size
        self.frozen_stages = frozen_stages
        self.out_indices = (stages - 1,) if out_indices is None else tuple(sorted(out_indices))
        self.patch_embed = build_stem(stem, patch_size, in_channels, sizes.embed_dims)

        dims = sizes.dims[: self.out_indices[-1] + 1]
        drop_path = sizes.drop_path_rates(drop_path_rate)
        self.layers = nn.ModuleList(
            SwinStage(
                in_dim=dims[i - 1] if i else None,
                dim=dim,
                num_heads=sizes.num_heads[i],
                window_size=window_size,
                mlp_ratio=mlp_ratio,
                drop_path=drop_path[i],
                # What is frozen keeps nothing for the backward pass in any case.
                with_cp=with_cp if i >= frozen_stages else False,
            )
            for i, dim in enumerate(dims)
        )
        self.num_features = dims[-1]
        self._norm_names = {i: f"norm{i}" for i in self.out_indices}
        if out_indices is None:
            self._norm_names = {self.out_indices[0]: "norm"}
        for i, name in self._norm_names.items():
            self.add_module(name, nn.LayerNorm(dims[i]))

        self.apply(_init_linear)
        self._freeze()

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Compute feature maps.

        Args:
            images: (B, in_channels, height, width), normalized; at least one patch large.

        Returns:
            (B, C_i, H_i, W_i) for each stage i of ``out_indices``, in ascending order: C_i is
            ``embed_dims * 2**i``, and H_i and W_i are the images' height and width over
            ``patch_size * 2**i``, rounded up.

        Raises:
            ValueError: The images are smaller than a patch.
        """
        maps = enumerate(self._stage_maps(images))
        return tuple(
            # B, H, W, C -> B, C, H, W
            self._normalized(i, tokens).permute(0, 3, 1, 2).contiguous()
            for i, tokens in maps
            if i in self.out_indices
        )

    def forward_pooled(self, images: Tensor) -> Tensor:
        """Average the normalized last map over all positions.

        Args:
            images: As for :meth:`forward`.

        Returns:
            (B, num_features)
        """
        *_, tokens = self._stage_maps(images)
        return self._normalized(len(self.layers) - 1, tokens).mean(dim=(1, 2))  # B, H, W, C -> B, C

    def init_weights(self) -> None:
        """Load the checkpoint, if one is given: all of its weights, or stop.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: It does not hold a Swin, or a weight is missing, left over or of another
                shape.
        """
        super().init_weights()
        if self.checkpoint is None:
            return
        weights, last = read_backbone(self.checkpoint).weights, len(self.layers) - 1
        # Pre-training's norm becomes that of the last map, unless the file has one for that map.
        if self._norm_names.get(last) == f"norm{last}" and f"norm{last}.weight" not in weights:
            weights = name_last_norm(weights, last)
        window = self.layers[0].blocks[0].window_size  # type: ignore[union-attr, index]
        weights = fit_bias_tables(weights, 2 * window - 1)
        # A file of pre-training has no norms of the other maps; these start as new ones.
        map_norms = [f"{name}." for name in self._norm_names.values() if name != "norm"]
        load_backbone(
            self,
            weights,
            self.checkpoint,
            allow_missing=(*map_norms[:-1], *self.allow_missing),
            allow_left_over=self.allow_left_over,
        )

    def layers_to_heads(self) -> dict[str, int]:
        """Count the layers from each parameter to the heads, see :mod:`iclip.models.swin.depth`."""
        names = [name for name, _ in self.named_parameters()]
        depths = [len(list(stage.get_submodule("blocks").children())) for stage in self.layers]
        return layers_to_heads(names, depths, merging_first=True)

    def train(self, mode: bool = True) -> "SwinBackbone":
        """Set training or evaluation mode; frozen stages stay in evaluation mode."""
        super().train(mode)
        self._freeze()
        return self

    def _stage_maps(self, images: Tensor) -> Iterator[Tensor]:
        """Yield each stage's map, (B, H, W, C)."""
        if min(images.shape[-2:]) < self.patch_size:
            height, width = images.shape[-2:]
            raise ValueError(
                f"images of {height} x {width} pixels are smaller than one patch "
                f"(patch_size={self.patch_size}); resize or pad them"
            )
        # On a CPU, the stem's convolutions are up to twice as fast with the channels last.
        tokens = self.patch_embed(images.contiguous(memory_format=torch.channels_last))
        for stage in self.layers:
            tokens = stage(tokens)
            yield tokens

    def _normalized(self, stage: int, tokens: Tensor) -> Tensor:
        """Apply the norm of a stage's map, (B, H, W, C)."""
        return self.get_submodule(self._norm_names[stage])(tokens)

    def _freeze(self) -> None:
        """Keep the frozen modules in evaluation mode and without gradients."""
        for module in self._frozen_modules():
            module.eval().requires_grad_(False)

    def _frozen_modules(self) -> Iterator[nn.Module]:
        """Yield what ``frozen_stages`` freezes."""
        if self.frozen_stages >= 0:
            yield self.patch_embed
        for i, stage in enumerate(self.layers):
            if i < self.frozen_stages:
                yield stage
                if i in self._norm_names:
                    yield self.get_submodule(self._norm_names[i])
            elif i == self.frozen_stages:
                # In mmdet, a merging belongs to the stage before it, which is frozen.
                yield stage.get_submodule("downsample")


def _init_linear(module: nn.Module) -> None:
    """Initialize a linear layer as the original does, with a standard deviation of 0.02."""
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
