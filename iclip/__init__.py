"""iCLIP hub: image-text pre-training with class texts, and transfer to downstream tasks.

    import iclip

    model = iclip.load_model("work_dirs/mine/best.pth")
    network = iclip.backbone("swin_b", checkpoint="work_dirs/iclip_swinb/latest.pth")

Importing this package imports neither torch nor any framework; what it offers comes when it is
first used. ``import iclip.openmmlab`` makes mmdet, mmseg and mmaction importable.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from iclip.models.swin.by_name import backbone
    from iclip.predict.load_model import load_model

__all__ = ["__version__", "backbone", "load_model"]


def __getattr__(name: str) -> Any:
    """Import what the package offers when it is first used."""
    if name == "backbone":
        from iclip.models.swin.by_name import backbone

        return backbone
    if name == "load_model":
        from iclip.predict.load_model import load_model

        return load_model
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List what the package offers, imported or not."""
    return sorted({*globals(), *__all__})
