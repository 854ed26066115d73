"""What works on this machine, found by doing it in small, and what mends what does not."""

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from typing import Any

PACKAGES = (
    *("torch", "torchvision", "numpy", "mmengine", "timm", "open_clip_torch", "transformers"),
    *("nltk", "opencv-python-headless", "mmcv", "mmcv-lite", "mmdet", "mmsegmentation"),
    *("mmaction2", "decord", "faster-coco-eval", "lvis"),
)
# The maintained forks that may stand in their places.
FORKS = {
    "mmengine": "onedl-mmengine",
    "mmcv": "onedl-mmcv",
    "mmdet": "onedl-mmdetection",
    "mmsegmentation": "onedl-mmsegmentation",
}
FRAMEWORKS = ("mmengine", "mmcv", "mmdet", "mmseg", "mmaction")
SETUP = "tools/setup.sh --force"


@dataclass(frozen=True)
class Finding:
    """One thing that was tried.

    Attributes:
        name: Of the capability.
        works: Whether it does.
        detail: What was done, or the error.
        remedy: The command that mends it; empty if it works.
    """

    name: str
    works: bool
    detail: str
    remedy: str = ""


def pretraining() -> str:
    """Pass an image through a small Swin and back."""
    torch = importlib.import_module("torch")
    models = importlib.import_module("iclip.models")
    arch = dict(embed_dims=8, depths=(1,), num_heads=(1,))
    backbone = models.SwinBackbone(arch=arch)
    backbone.forward_pooled(torch.rand(1, 3, 28, 28)).sum().backward()
    return "a small Swin computes forward and backward"


def zero_shot() -> str:
    """Tokenise a class text."""
    tokenizer = importlib.import_module("iclip.text.tokenizer").CLIPTokenizer(context_length=16)
    ids = tokenizer(["a photo of a tench"])
    importlib.import_module("iclip.evaluation")
    return f"a class text becomes {int((ids != 0).sum())} tokens"


def frameworks() -> str:
    """See that each of OpenMMLab's modules is of one distribution, an official one or a fork.

    Raises:
        RuntimeError: Two distributions have written one module's folder, the second over the first.
    """
    owners = packages_distributions()
    found = {module: sorted(set(owners[module])) for module in FRAMEWORKS if module in owners}
    twice = [f"{module} is of {' and of '.join(names)}" for module, names in found.items()
             if len(names) > 1]  # fmt: skip
    if twice:
        raise RuntimeError(f"{'; '.join(twice)}: their files are mixed")
    return ", ".join(name for names in found.values() for name in names) or "none is installed"


def detection() -> str:
    """Suppress boxes with mmcv's operator, and find mmdet's detector and data sets."""
    torch = importlib.import_module("torch")
    importlib.import_module("iclip.openmmlab")
    boxes = torch.tensor([[0.0, 0, 4, 4], [0, 0, 4, 4]])
    _, kept = importlib.import_module("mmcv.ops").nms(boxes, torch.tensor([0.9, 0.8]), 0.5)
    importlib.import_module("mmdet.models").FasterRCNN  # noqa: B018
    importlib.import_module("mmdet.datasets").LVISV1Dataset  # noqa: B018
    importlib.import_module("lvis")
    return f"mmcv.ops.nms keeps {len(kept)} of 2 equal boxes; mmdet has its detectors"


def segmentation() -> str:
    """Find MaskFormer, which mmseg takes from mmdet."""
    importlib.import_module("iclip.openmmlab")
    importlib.import_module("mmdet.models").PixelDecoder  # noqa: B018
    importlib.import_module("mmseg.models.decode_heads").MaskFormerHead  # noqa: B018
    importlib.import_module("mmseg.datasets").ADE20KDataset  # noqa: B018
    return "mmseg has MaskFormer"


def video() -> str:
    """Find Video Swin and the reader of videos."""
    importlib.import_module("iclip.openmmlab.video_swin")
    importlib.import_module("mmaction.models").Recognizer3D  # noqa: B018
    importlib.import_module("decord")
    return "mmaction has its recognizers; decord reads videos"


def wordnet() -> str:
    """Look a synset up."""
    text = importlib.import_module("iclip.text.wordnet").WordNet().find("n01440764")
    return f"n01440764 is {text.names[0]}"


def gpu() -> str:
    """Name the GPUs.

    Raises:
        RuntimeError: There is none.
    """
    cuda = importlib.import_module("torch").cuda
    if not cuda.is_available():
        raise RuntimeError("torch sees no GPU; everything runs on the CPU, slowly")
    return ", ".join(cuda.get_device_name(i) for i in range(cuda.device_count()))


# Each with the command that mends it.
CAPABILITIES: dict[str, tuple[Callable[[], str], str]] = {
    "pretraining": (pretraining, SETUP),
    "zeroshot": (zero_shot, SETUP),
    "frameworks": (frameworks, "pip uninstall both of them, then pip install the one you want"),
    "detection": (detection, SETUP),
    "segmentation": (segmentation, SETUP),
    "video": (video, SETUP),
    "wordnet": (wordnet, "python tools/fetch_wordnet.py"),
    "gpu": (gpu, "nvidia-smi (a driver that fits torch's CUDA, see pytorch.org)"),
}


def try_capability(name: str) -> Finding:
    """Try one of :data:`CAPABILITIES`; an error of any kind is a finding, not an end."""
    attempt, remedy = CAPABILITIES[name]
    try:
        return Finding(name, True, attempt())
    except Exception as error:
        first = (str(error) or type(error).__name__).strip().splitlines()[0]
        return Finding(name, False, f"{type(error).__name__}: {first}", remedy)


def installed_versions() -> dict[str, str | None]:
    """Versions of :data:`PACKAGES`, or of their :data:`FORKS`; None for what is not installed."""
    found: dict[str, str | None] = {}
    for package in PACKAGES:
        fork = FORKS.get(package, package)
        own, other = _version(package), _version(fork)
        if own is not None or other is None:
            found[package] = own
        if other is not None:
            found[fork] = other
    return found


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def fixes() -> tuple[Any, ...]:
    """The fixes to OpenMMLab; none where not even mmengine or torch can be imported."""
    try:
        return importlib.import_module("iclip.openmmlab").FIXES
    except Exception:  # what is broken is said by the capabilities
        return ()


def operators() -> str:
    """Who supplies mmcv's compiled operators."""
    if any(fix.name == "supply_operators" and fix.active for fix in fixes()):
        return "iclip, from torchvision"
    present = importlib.util.find_spec("mmcv") is not None
    return "mmcv's extension" if present else "nobody: no mmcv"


def examine() -> dict[str, Any]:
    """Everything there is to say, as plain data."""
    return {
        "versions": installed_versions(),
        "operators": operators(),
        "fixes": [asdict(fix) for fix in fixes()],
        "capabilities": [asdict(try_capability(name)) for name in CAPABILITIES],
    }
