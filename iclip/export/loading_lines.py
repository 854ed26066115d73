"""How a library loads an exported file: one line of Python or of a config, and notes."""

from iclip.checkpoints.swin_tensors import PATCH_KERNEL
from iclip.export.exported_checkpoint import ExportedCheckpoint


def how_to_load(layout: str, checkpoint: ExportedCheckpoint, file: str) -> str:
    """Return one line that loads the file with the library's own class.

    Args:
        layout: As on the command line; not ``open_clip``.
        checkpoint: What was exported.
        file: Name of the exported file.
    """
    is_video = checkpoint.backbone.is_video
    if layout == "iclip":
        name = "VideoSwinBackbone" if is_video else "SwinBackbone"
        return f"iclip.{name}(..., checkpoint={file!r})"
    if is_video:
        return _in_mmaction(checkpoint, file)
    if layout == "timm":
        return _in_timm(checkpoint, file)
    return _in_mmdet(layout, checkpoint, file)


def notes_on(layout: str, checkpoint: ExportedCheckpoint) -> list[str]:
    """Say which norms mmdet's class does not take from a checkpoint of pre-training."""
    if checkpoint.maps or layout not in ("official", "openmmlab"):
        return []
    last = len(checkpoint.arch.depths) - 1
    new = ", ".join(f"norm{i}" for i in range(last))
    if layout == "openmmlab":
        return [f"new in the class: {new}, norms of maps; a checkpoint of pre-training has none"]
    return [
        f"mmdet's class ignores norm.weight and norm.bias and has {new}, norm{last} new; "
        f"--layout openmmlab gives it norm{last}. mmaction's inflation takes them"
    ]


def _in_timm(checkpoint: ExportedCheckpoint, file: str) -> str:
    name, arch, own = checkpoint.timm_name, checkpoint.arch, ""
    if name is None:  # any Swin of timm, with the sizes of this one
        name = "swin_base_patch4_window7_224"
        own = (
            f", embed_dim={arch.embed_dims}, depths={arch.depths}, num_heads={arch.num_heads}, "
            f"window_size={checkpoint.window}, patch_size={checkpoint.patch_size}"
        )
    return f"timm.create_model({name!r}, num_classes=0{own}, checkpoint_path={file!r})"


def _in_mmdet(layout: str, checkpoint: ExportedCheckpoint, file: str) -> str:
    arch = checkpoint.arch
    convert = ", convert_weights=True" if layout == "official" else ""
    # mmdet's class returns four maps by default.
    maps = checkpoint.maps or tuple(range(len(arch.depths)))
    outputs = "" if maps == (0, 1, 2, 3) else f", out_indices={maps}"
    return (
        f"backbone=dict(type='mmdet.SwinTransformer', embed_dims={arch.embed_dims}, "
        f"depths={arch.depths}, num_heads={arch.num_heads}, "
        f"window_size={checkpoint.window}{convert}{outputs}, "
        f"init_cfg=dict(type='Pretrained', checkpoint={file!r}))"
    )


def _in_mmaction(checkpoint: ExportedCheckpoint, file: str) -> str:
    arch, patch, window = checkpoint.arch, checkpoint.patch_size, checkpoint.window
    frames = checkpoint.backbone.weights[PATCH_KERNEL].shape[2]  # of C_out, C_in, t, h, w
    return (
        f"backbone=dict(type='mmaction.SwinTransformer3D', arch=dict(embed_dims={arch.embed_dims}, "
        f"depths={list(arch.depths)}, num_heads={list(arch.num_heads)}), "
        f"patch_size={(frames, patch, patch)}, "
        f"window_size={(checkpoint.window_frames, window, window)}, "
        f"out_indices={checkpoint.maps}, pretrained={file!r}, pretrained2d=False)"
    )
