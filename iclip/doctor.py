"""What works on this machine, found by trying it in small, and the command that mends the rest."""

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import Any

from iclip.cuda_driver import check_driver

PACKAGES = (
    *("torch", "torchvision", "numpy", "mmengine", "timm", "open_clip_torch", "transformers"),
    *("nltk", "opencv-python-headless", "mmcv", "mmcv-lite", "mmdet", "mmsegmentation"),
    *("mmaction2", "av", "faster-coco-eval", "lvis"),
)
# Maintained forks that may be installed instead of these packages.
FORKS = {
    "mmengine": "onedl-mmengine",
    "mmcv": "onedl-mmcv",
    "mmdet": "onedl-mmdetection",
    "mmsegmentation": "onedl-mmsegmentation",
}
FRAMEWORKS = ("mmengine", "mmcv", "mmdet", "mmseg", "mmaction")
_CHECKOUT = Path(__file__).resolve().parents[1]
SETUP = (
    "tools/setup.sh --force"
    if (_CHECKOUT / "tools/setup.sh").is_file()
    else "install the wheel again, as WHEEL[openmmlab]"
)


@dataclass(frozen=True)
class Capability:
    """Something that the hub can do on a machine where it works.

    Attributes:
        name: One of :data:`CAPABILITIES`.
        works: Whether the trial succeeded.
        detail: What was tried, or the error.
        remedy: The command that mends it; empty if it works.
    """

    name: str
    works: bool
    detail: str
    remedy: str = ""


def device() -> str:
    """Return where the trials run: on the GPU if torch sees one."""
    return "cuda" if importlib.import_module("torch").cuda.is_available() else "cpu"


def pretraining() -> str:
    """Train a small iCLIP for one step."""
    loss = importlib.import_module("iclip.models.trial_step").trial_step(device())
    return f"a training step of a small iCLIP on {device()}, loss {loss:.3g}"


def zero_shot() -> str:
    """Classify two images with a small iCLIP by the texts of two classes."""
    models = importlib.import_module("iclip.models.trial_step")
    zero_shot = importlib.import_module("iclip.evaluation.zero_shot")
    model = models.small_iclip().to(device()).eval()
    prompts = model.class_prompts
    class_embeds = zero_shot.TextTower(model).class_embeds(prompts)
    inputs = models.made_up_images(2).to(device()).float()
    logits = model.encode_image(inputs).detach().cpu() @ class_embeds.T
    return f"logits {tuple(logits.shape)} of a small iCLIP on {device()}"


def frameworks() -> str:
    """Check that each of OpenMMLab's modules comes from one package, the official one or a fork.

    Raises:
        RuntimeError: Two packages have written into one module's folder.
    """
    owners = packages_distributions()
    found = {module: sorted(set(owners[module])) for module in FRAMEWORKS if module in owners}
    twice = [f"{module} is of {' and of '.join(names)}" for module, names in found.items()
             if len(names) > 1]  # fmt: skip
    if twice:
        raise RuntimeError(f"{'; '.join(twice)}: their files are mixed")
    return ", ".join(name for names in found.values() for name in names) or "none is installed"


def detection() -> str:
    """Train a small Faster R-CNN for one step, and find mmdet's data sets and LVIS's API."""
    importlib.import_module("iclip.openmmlab")
    importlib.import_module("mmdet.datasets").LVISV1Dataset  # noqa: B018
    importlib.import_module("lvis")
    return _transfer("detection", "Faster R-CNN")


def segmentation() -> str:
    """Train a small MaskFormer, which mmseg takes from mmdet, for one step."""
    importlib.import_module("iclip.openmmlab")
    importlib.import_module("mmseg.datasets").ADE20KDataset  # noqa: B018
    return _transfer("segmentation", "MaskFormer")


def video() -> str:
    """Train a small Video Swin for one step, and find the reader of videos."""
    importlib.import_module("iclip.openmmlab.video.frames")
    return f"{_transfer('video', 'Video Swin')}; PyAV reads videos"


def _transfer(task: str, name: str) -> str:
    loss = importlib.import_module("iclip.openmmlab.trial_step").trial_step(task, device())
    return f"a training step of a small {name} on {device()}, loss {loss:.3g}"


def wordnet() -> str:
    """Look up a synset."""
    text = importlib.import_module("iclip.text.sources.wordnet").WordNet().find("n01440764")
    return f"n01440764 is {text.names[0]}"


def gpu() -> str:
    """Name the driver and the GPUs.

    Raises:
        DriverError: The driver does not serve the installed PyTorch.
        RuntimeError: There is no GPU.
    """
    torch = importlib.import_module("torch")
    driver = check_driver(torch.version.cuda)
    cuda = torch.cuda
    if not cuda.is_available():
        raise RuntimeError(f"torch sees no GPU ({driver}); everything runs on the CPU, slowly")
    names = ", ".join(cuda.get_device_name(i) for i in range(cuda.device_count()))
    return f"{names}; {driver}"


def remote_data() -> str:
    """Load the libraries that read buckets and web servers; Google's is the user's to install."""
    schemes = importlib.import_module("iclip.files.remote_requests").readable_schemes()
    there = ", ".join(f"{scheme}://" for scheme, works in schemes.items() if works)
    if not (schemes["s3"] and schemes["https"]):
        raise RuntimeError(f"only {there or 'local paths'} can be read, not s3:// and https://")
    return there if schemes["gs"] else f"{there}; for gs://, pip install gcsfs"


# By name: the trial, and the command that mends what does not work.
CAPABILITIES: dict[str, tuple[Callable[[], str], str]] = {
    "pretraining": (pretraining, SETUP),
    "zeroshot": (zero_shot, SETUP),
    "frameworks": (frameworks, "pip uninstall both of them, then pip install the one you want"),
    "detection": (detection, SETUP),
    "segmentation": (segmentation, SETUP),
    "video": (video, SETUP),
    "wordnet": (wordnet, "python tools/fetch_wordnet.py"),
    "remote": (remote_data, "pip install 'iclip[remote]'"),
    "gpu": (gpu, "nvidia-smi (it names the driver and the GPUs it sees)"),
}


def try_capability(name: str) -> Capability:
    """Try one of :data:`CAPABILITIES`; any error says that it does not work."""
    attempt, remedy = CAPABILITIES[name]
    try:
        return Capability(name, True, attempt())
    except Exception as error:
        return Capability(name, False, _one_line(error), getattr(error, "remedy", remedy))


def _one_line(error: Exception) -> str:
    text = str(error).strip()
    first = text.splitlines()[0] if text else ""
    return f"{type(error).__name__}: {first}".removesuffix(": ")


def installed_versions() -> dict[str, str | None]:
    """Return the versions of :data:`PACKAGES` and :data:`FORKS`; None for what is not installed."""
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
    """Return the fixes to OpenMMLab; none where mmengine or torch cannot be imported."""
    try:
        return importlib.import_module("iclip.openmmlab").FIXES
    except Exception:  # the trials report what is broken
        return ()


def operators() -> str:
    """Say what supplies mmcv's compiled operators, or why nothing does."""
    if importlib.util.find_spec("mmcv") is None:
        return "nobody: mmcv is not installed"
    try:
        importlib.import_module("iclip.openmmlab")
        importlib.import_module("mmcv.ops")
    except Exception as error:
        return f"nobody: mmcv cannot be imported ({_one_line(error)})"
    if any(fix.name == "supply_operators" and fix.active for fix in fixes()):
        return "iclip, in PyTorch and torchvision"
    return "mmcv's extension"


def framework_models() -> list[dict[str, Any]]:
    """Count, per framework, the shipped configs that lack nothing here, and say what others lack.

    The list is empty where mmcv cannot be imported.
    """
    if operators().startswith("nobody"):
        return []
    audit = importlib.import_module("iclip.openmmlab.audit.operator_audit")
    supplied = None
    if operators().startswith("iclip"):
        supplied = importlib.import_module("iclip.openmmlab.ops").SUPPLIED
    left_out = [name for fix in fixes() if fix.active for name in fix.left_out]
    return [
        asdict(found) | {"complete": found.complete}
        for found in audit.audit(audit.package_roots(), supplied, left_out)
    ]


def run_all_checks() -> dict[str, Any]:
    """Return versions, operators, fixes, models and capabilities as plain data."""
    return {
        "versions": installed_versions(),
        "operators": operators(),
        "fixes": [asdict(fix) for fix in fixes()],
        "models": framework_models(),
        "capabilities": [asdict(try_capability(name)) for name in CAPABILITIES],
    }
