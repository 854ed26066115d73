"""Who may import whom. The reasons are in CONTRIBUTING.md, "Direction of imports"."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.source_imports import (
    REPO,
    attributes,
    imported_modules,
    is_below,
    module_name,
    python_files,
)

# The floor: imports nothing of the hub but itself, and every part may stand on it.
FLOOR = (
    "iclip.batch_sizes",
    "iclip.config_scope",
    "iclip.cuda_driver",
    "iclip.data_root",
    "iclip.data_summary",
    "iclip.distributed",
    "iclip.files",
    "iclip.findings",
    "iclip.free_memory",
    "iclip.gpu_models",
    "iclip.hashing",
    "iclip.messages",
    "iclip.panels",
    "iclip.progress",
    "iclip.ranks",
    "iclip.registry",
    "iclip.results",
    "iclip.settings",
    "iclip.shipped_configs",
    "iclip.stop_signals",
    "iclip.tasks",
    "iclip.this_command",
    "iclip.user_errors",
)

# Each part of the package and what of the rest it may import; its own part always.
ALLOWED = {
    **dict.fromkeys(FLOOR, ()),
    "iclip.text": (),
    # What reads files, which evaluation shares.
    "iclip.datasets.readers": (),
    "iclip.datasets": ("iclip.text",),
    "iclip.toy": ("iclip.text",),
    # The formulas do not know the models; listed first, the narrower rule counts.
    "iclip.models.losses": (),
    "iclip.models": ("iclip.checkpoints", "iclip.text"),
    # The loop takes the steps of the methods.
    "iclip.engine": ("iclip.checkpoints", "iclip.models", "iclip.text"),
    "iclip.evaluation": ("iclip.models", "iclip.text"),
    "iclip.checkpoints": (),
    "iclip.export": ("iclip.checkpoints", "iclip.models", "iclip.text"),
    # Folders for a hub: what other libraries load of them, model card, upload.
    "iclip.hub": ("iclip.checkpoints", "iclip.export", "iclip.models", "iclip.text"),
    # What configs compute, such as channels from a Swin's arch.
    "iclip.config_functions": ("iclip.models",),
    # One module per command; nothing below imports them.
    "iclip.commands": ("iclip",),
    "iclip.__main__": ("iclip.commands",),
    # It tries everything; only by name, so that nothing has to be there.
    "iclip.doctor": (),
    "iclip.zeroshot": (
        "iclip.checkpoints",
        # Training and evaluation cannot see different images.
        "iclip.datasets.readers",
        "iclip.evaluation",
        "iclip.models",
        "iclip.text",
    ),
    # Words as classes: embedded once by a text tower, compared with features by a classifier.
    "iclip.words": (
        "iclip.checkpoints",
        "iclip.evaluation",
        "iclip.text",
        "iclip.zeroshot",
    ),
    # A page about a trained model, and the images that resemble another to its backbone.
    "iclip.demo": (
        "iclip.datasets.readers",
        "iclip.predict",
        "iclip.predictions",
        "iclip.zeroshot",
    ),
    # Formats of users' files; no framework is needed to recognize them.
    "iclip.own_data": (
        # The lists that are written for training lie beside their readers.
        "iclip.datasets.readers",
    ),
    # Images segmented by words without a training.
    "iclip.dense": (
        "iclip.checkpoints",
        # Training and prediction cannot see different images.
        "iclip.datasets.readers",
        # Which pixel has a word, by the one rule of what is right.
        "iclip.evaluation",
        "iclip.models",
        "iclip.predictions",
        "iclip.words",
        "iclip.zeroshot",
    ),
    # Which classes of one class-text table another one has.
    "iclip.report": ("iclip.text",),
    # A step of what a config describes, built and taken as training does.
    "iclip.planning": (
        # What an index takes on the disk.
        "iclip.datasets.readers",
        "iclip.engine",
        "iclip.models",
        "iclip.openmmlab",
        "iclip.text",
    ),
    # What only measurements need; nothing but commands imports it.
    "iclip.benchmarks": (
        "iclip.checkpoints",
        "iclip.datasets",
        "iclip.doctor",
        "iclip.engine",
        "iclip.evaluation",
        # What it exports, it loads in all libraries.
        "iclip.export",
        "iclip.models",
        "iclip.openmmlab",
        "iclip.text",
        "iclip.zeroshot",
    ),
    # What a model found, as arrays and in other tools' forms; who predicts makes them.
    "iclip.predictions": (),
    # The Python API and what its command shares with it.
    "iclip.predict": (
        "iclip.checkpoints",
        # One rule for the pixels of training, evaluation and prediction.
        "iclip.datasets.readers",
        "iclip.openmmlab",
        "iclip.predictions",
        # A trained model takes other classes.
        "iclip.words",
    ),
    # What follows from users' data: sizes of backbones from files, and the configs of tasks.
    # After a classification, a probe and zero-shot stand beside it.
    "iclip.finetune": (
        "iclip.checkpoints",
        # What changes a written config means what it says where it is written.
        "iclip.config_functions",
        # How large videos are.
        "iclip.datasets.readers",
        "iclip.models",
        "iclip.own_data",
        "iclip.text",
        # The classes' names, for a classifier by words.
        "iclip.words",
        "iclip.zeroshot",
    ),
    "iclip.openmmlab": (
        "iclip.predictions",
        "iclip.models",
        "iclip.checkpoints",
        # One rule for the pixels of training, evaluation and prediction.
        "iclip.datasets.readers",
        # One rule of what is right, for the frameworks' metrics, too; and what a metric will need
        # of a file, which the check before the start asks for.
        "iclip.evaluation",
        # The names of official classes as words, and heads that know classes by theirs.
        "iclip.text",
        "iclip.words",
    ),
}

OPENMMLAB = ("mmcv", "mmdet", "mmseg", "mmaction")

# Libraries whose interface shows in few places, so that a new release is answered in few places.
DOORS = {
    "nltk": ("iclip/text/sources/wordnet.py",),
    "timm": (
        "iclip/models/swin/layers.py",
        "iclip/models/swin/stem.py",
        # Augmentation as timm's recipes apply it.
        "iclip/models/batch_mixing.py",
        "iclip/datasets/augmented_crop.py",
        "iclip/export/backbone_layouts.py",
        "iclip/benchmarks/inputs/wordnet_texts.py",
        "iclip/benchmarks/peers/image_backbones.py",
        "iclip/zeroshot/imagenet.py",
        "iclip/benchmarks/peers/library_loaders.py",
    ),
    "open_clip": (
        "iclip/models/text_towers/transformer.py",
        "iclip/text/prompts.py",
        "iclip/zeroshot/loading.py",
        "iclip/zeroshot/imagenet.py",
        "iclip/zeroshot/short_texts.py",
        "iclip/text/tokenizer.py",
        "iclip/benchmarks/peers/library_loaders.py",
        "iclip/benchmarks/peers/open_clip_data.py",
        "iclip/benchmarks/peers/open_clip_training.py",
    ),
    # The hub's client; aside from it only what asks for a tokenizer.
    "huggingface_hub": (
        "iclip/checkpoints/hub_errors.py",
        "iclip/checkpoints/hub_files.py",
        "iclip/hub/upload.py",
        "iclip/text/tokenizer.py",
    ),
    "transformers": ("iclip/models/text_towers/roberta.py", "iclip/text/tokenizer.py"),
    **dict.fromkeys(("fsspec", "aiohttp"), ("iclip/files/remote_requests.py",)),
    # The page of `iclip demo`: what builds it, and what serves it.
    **dict.fromkeys(("gradio", "fastapi", "uvicorn"), ("iclip/demo",)),
    # The frameworks as peers, and as readers of what is exported.
    **dict.fromkeys(OPENMMLAB, ("iclip/openmmlab", "iclip/benchmarks/peers")),
}

SOURCES = python_files("iclip")


def relative(path: Path) -> str:
    return path.relative_to(REPO).as_posix()


def part_of(module: str) -> str | None:
    return next((part for part in ALLOWED if is_below(module, part)), None)


def test_every_module_is_in_a_part() -> None:
    names = [module_name(path) for path in SOURCES]
    assert [name for name in names if part_of(name) is None] == ["iclip"]


@pytest.mark.parametrize("part", ALLOWED)
def test_imports_point_downwards(part: str) -> None:
    permitted = ("iclip.__version__", part, *ALLOWED[part], *FLOOR)
    upwards = [
        f"{relative(path)} imports {module}"
        for path in SOURCES
        if part_of(module_name(path)) == part
        for module in sorted(imported_modules(path))
        if is_below(module, "iclip") and not any(is_below(module, p) for p in permitted)
    ]
    assert not upwards, f"{part} may import {', '.join(permitted)} only"


@pytest.mark.parametrize(
    ("part", "other"), [(part, other) for part in ALLOWED for other in ALLOWED[part]]
)
def test_what_is_permitted_is_used(part: str, other: str) -> None:
    mine = [path for path in SOURCES if part_of(module_name(path)) == part]
    imported = {module for path in mine for module in imported_modules(path)}
    assert any(is_below(module, other) for module in imported)


@pytest.mark.parametrize("library", DOORS)
def test_library_is_imported_through_its_doors(library: str) -> None:
    importers = {
        path
        for path in python_files("iclip", "tools")
        if any(is_below(module, library) for module in imported_modules(path))
    }
    doors = [REPO / door for door in DOORS[library]]
    assert not {relative(path) for path in importers if not {path, *path.parents} & {*doors}}


# What says which rank this is, and what starts and ends a process group; its store and that store's
# error, for signs of life; what copies a state within a process.
NO_COLLECTIVES = {
    *("get_dist_info", "get_rank", "get_world_size", "is_distributed", "is_main_process"),
    *("distributed_c10d", "_get_default_store", "DistStoreError"),
    "StateDictStager",
    *("destroy_process_group", "init_process_group", "is_initialized", "master_only"),
}
# Starts processes, or copies a state to this process's memory; no data cross between ranks by it.
NO_EXCHANGE = (
    "torch.distributed.run",
    "torch.distributed.elastic",
    "torch.distributed.checkpoint._state_dict_stager",
)


def collectives(path: Path) -> set[str]:
    """What a file looks up that exchanges data between ranks."""
    names = imported_modules(path) | attributes(path)
    packages = ("mmengine.dist", "torch.distributed")
    used = {name for name in names if any(is_below(name, package) for package in packages)}
    used -= {name for name in used if any(is_below(name, package) for package in NO_EXCHANGE)}
    return {name for name in used if name.rpartition(".")[2] not in NO_COLLECTIVES}


def test_data_cross_ranks_in_one_module_only() -> None:
    found = {relative(path): collectives(path) for path in SOURCES}
    assert found.pop("iclip/distributed.py")
    assert not {path: names for path, names in found.items() if names}, (
        "import it from iclip.distributed"
    )


def test_modules_are_named_after_a_concept() -> None:
    shapeless = {"utils", "util", "common", "misc", "helpers", "helper"}
    names = [relative(path) for path in python_files("iclip", "tools", "tests")]
    assert not [name for name in names if shapeless & set(name.removesuffix(".py").split("/"))]


IMPORT_WITHOUT_OPENMMLAB = f"""
import importlib, importlib.abc, sys

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {OPENMMLAB!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


def test_everything_but_openmmlab_imports_without_openmmlab() -> None:
    modules = [module_name(path) for path in SOURCES]
    with_it = ("iclip.openmmlab", "iclip.benchmarks.peers")
    modules = [name for name in modules if not any(is_below(name, part) for part in with_it)]
    result = subprocess.run(
        [sys.executable, "-c", IMPORT_WITHOUT_OPENMMLAB, *modules],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
