"""A bomb in each kind of file that the hub reads: nothing of it runs, and the hub says so itself.

The first test sets every bomb off with the reader that a program would take without thinking, so
that none of them is a dud.
"""

import io
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mmcv
import numpy as np
import pytest
import torch
import yaml
from mmengine.fileio import load
from mmengine.runner.checkpoint import _load_checkpoint

from iclip.checkpoints import load_checkpoint
from iclip.checkpoints.weight_files import read_weights
from iclip.datasets.readers.captions import read_caption_file
from iclip.datasets.readers.decoding import open_image
from iclip.datasets.readers.sample_members import SampleNames
from iclip.datasets.readers.shard_table import ShardTable
from iclip.datasets.readers.tar_index import load_tar_index
from iclip.datasets.readers.video_files import open_video
from iclip.engine.start.config_files import read_config
from iclip.engine.start.resume_point import find_start
from iclip.export import export_checkpoint
from iclip.files.annotations import read_annotations
from iclip.files.tables import TableFile
from iclip.models import RobertaTextEncoder
from iclip.predict.load_model import load_model
from iclip.report.page import build_report
from iclip.results import load_result
from iclip.text.class_texts import read_class_texts
from iclip.text.tokenizer import RobertaTokenizer
from iclip.user_errors import is_for_the_user
from iclip.zeroshot.embedding_store import EmbeddingStore
from iclip.zeroshot.kornblith import ENTRIES
from iclip.zeroshot.loading import load_zero_shot_model
from tests.hostile.bombs import (
    POSTSCRIPT,
    as_checkpoint,
    as_npy,
    as_npz,
    as_pickle,
    as_python,
    as_yaml,
    ghostscript,
)
from tests.support.run_folder import pretraining, write_run
from tests.support.tar_files import write_tar
from tests.support.toy_model_files import write_toy_model
from tests.support.web_server import serving

pytest_plugins = ("tests.support.zero_shot_models",)


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """The file that every bomb makes."""
    return tmp_path / "mark"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    return tmp_path / "files"


def written(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# How a program that does not think about it would read each kind.
CARELESS: dict[str, Callable[[Path, Path], Any]] = {
    "pickle": lambda folder, mark: pickle.loads(as_pickle(mark)),
    "checkpoint": lambda folder, mark: pickle_of(as_checkpoint(mark)),
    "older checkpoint": lambda folder, mark: pickle_of(as_checkpoint(mark, zipped=False)),
    "array": lambda folder, mark: np.load(io.BytesIO(as_npy(mark)), allow_pickle=True),
    "yaml": lambda folder, mark: yaml.load(as_yaml(mark), yaml.UnsafeLoader),
    "python": lambda folder, mark: exec(as_python(mark)),
}


def pickle_of(content: bytes) -> Any:
    """Read a checkpoint as torch did before 2.6."""
    file = io.BytesIO(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TORCH_FORCE_WEIGHTS_ONLY_LOAD")
        return torch.load(file, weights_only=False)


@pytest.mark.parametrize("kind", CARELESS)
def test_no_bomb_is_a_dud(kind: str, folder: Path, mark: Path):
    CARELESS[kind](folder, mark)
    assert mark.exists()


def described(folder: Path, micro: Path, **model: Any) -> Path:
    """A checkpoint of pre-training whose description of its model is changed."""
    content = torch.load(micro, weights_only=True)
    content["meta"]["model"] = {**content["meta"]["model"], **model}
    torch.save(content, folder / "described.pth")
    return folder / "described.pth"


# The hub's own readers, which refuse.
REFUSING: dict[str, Callable[[Path, Path], Any]] = {
    "checkpoint": lambda folder, mark: load_checkpoint(
        written(folder / "a.pth", as_checkpoint(mark))
    ),
    "checkpoint, mapped": lambda folder, mark: load_checkpoint(
        written(folder / "a.pth", as_checkpoint(mark)), mmap=True
    ),
    "older checkpoint": lambda folder, mark: load_checkpoint(
        written(folder / "a.pth", as_checkpoint(mark, zipped=False))
    ),
    "checkpoint to resume": lambda folder, mark: find_start(
        folder, str(written(folder / "a.pth", as_checkpoint(mark)))
    ),
    "trained model": lambda folder, mark: load_model(
        written(folder / "best.pth", as_checkpoint(mark))
    ),
    "weights": lambda folder, mark: read_weights(written(folder / "a.pth", as_checkpoint(mark))),
    "older weights": lambda folder, mark: read_weights(
        written(folder / "a.pth", as_checkpoint(mark, zipped=False))
    ),
    "pickled weights": lambda folder, mark: read_weights(
        written(folder / "a.pkl", as_pickle(mark))
    ),
    "weights named safetensors": lambda folder, mark: read_weights(
        written(folder / "a.safetensors", as_pickle(mark))
    ),
    "weights to export": lambda folder, mark: export_checkpoint(
        written(folder / "a.pth", as_checkpoint(mark)), "timm", folder / "b.safetensors"
    ),
    "model of open_clip": lambda folder, mark: load_zero_shot_model(
        f"open_clip:ViT-B-32:{written(folder / 'a.pt', as_checkpoint(mark))}"
    ),
    "array for open_clip": lambda folder, mark: load_zero_shot_model(
        f"open_clip:ViT-B-32:{written(folder / 'a.npy', as_npy(mark))}"
    ),
    "annotations": lambda folder, mark: read_annotations(
        written(folder / "a.json", as_pickle(mark))
    ),
    "captions": lambda folder, mark: read_caption_file(
        written(folder / "a.json", as_pickle(mark, protocol=0))
    ),
    "annotations in pickle": lambda folder, mark: load(written(folder / "a.pkl", as_pickle(mark))),
    "annotations in YAML": lambda folder, mark: load(written(folder / "a.yaml", as_yaml(mark))),
    "config in YAML": lambda folder, mark: read_config(written(folder / "a.yml", as_yaml(mark))),
    "result": lambda folder, mark: load_result(written(folder / "a.json", as_pickle(mark))),
    "class texts": lambda folder, mark: read_class_texts(
        written(folder / "a.jsonl", as_pickle(mark, protocol=0))
    ),
    "table of pairs": lambda folder, mark: list(
        TableFile(written(folder / "a.csv", as_pickle(mark)), ["file", "caption"])
    ),
    "kept embeddings, part": lambda folder, mark: kept_part(folder, mark),
    "kept embeddings, keys": lambda folder, mark: kept_segment(folder, mark, ".keys.npy"),
    "kept embeddings, rows": lambda folder, mark: kept_segment(folder, mark, ".embeds.npy"),
    "data set of CIFAR": lambda folder, mark: cifar(folder, mark),
    "tokenizer with a class of its own": lambda folder, mark: own_tokenizer(folder, mark),
    "image that is PostScript": lambda folder, mark: open_image(POSTSCRIPT).pixels(),
}


def kept_part(folder: Path, mark: Path) -> Any:
    store = EmbeddingStore(folder, {"model": "a"})
    store.parts.mkdir()
    as_npz(store.parts / "a.npz", mark, keys=np.zeros((1, 32), np.uint8), embeds=...)
    return store.keys()


def kept_segment(folder: Path, mark: Path, suffix: str) -> Any:
    store = EmbeddingStore(folder, {"model": "a"})
    np.save(store.folder / "a.keys.npy", np.zeros((1, 32), np.uint8))
    np.save(store.folder / "a.embeds.npy", np.zeros((1, 4), np.float32))
    written(store.folder / f"a{suffix}", as_npy(mark))
    return store.keys()


def cifar(folder: Path, mark: Path) -> Any:
    """CIFAR's files are pickles, which are read if they are the original ones."""
    for name in ENTRIES["cifar10"].needs:
        file = folder / "cifar10" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        written(file, as_pickle(mark))
    return ENTRIES["cifar10"].open_below(folder)


def own_tokenizer(folder: Path, mark: Path) -> Any:
    written(folder / "mine.py", as_python(mark) + "class Mine: pass\n")
    settings = {"tokenizer_class": "Mine", "auto_map": {"AutoTokenizer": ["mine.Mine", None]}}
    written(folder / "tokenizer_config.json", json.dumps(settings))
    written(folder / "config.json", json.dumps({"model_type": "roberta"}))
    return RobertaTokenizer(str(folder))


@pytest.mark.parametrize("kind", REFUSING)
def test_bomb_is_refused(
    kind: str, folder: Path, mark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    ghostscript(tmp_path / "bin", mark)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    with pytest.raises((ValueError, OSError)) as error:
        REFUSING[kind](folder, mark)
    assert not mark.exists()
    assert is_for_the_user(error.value), error.value


@pytest.mark.parametrize(
    "model",
    [
        {"type": "os.system"},
        {"type": "subprocess.check_call"},
        {"data_preprocessor": {"type": "subprocess.check_call"}},
        {"backbone": {"type": "subprocess.check_call"}},
        {"text_encoder": {"type": "subprocess.check_call"}},
        {"class_prompts": {"tokenizer": {"type": "subprocess.check_call"}}},
        {"backbone": {"type": "SwinBackbone", "init_cfg": [{"type": "os.system"}]}},
    ],
    ids=str,
)
def test_model_of_a_checkpoint_is_built_of_the_hubs_types(
    model: dict[str, Any], folder: Path, mark: Path, micro: Path
):
    for part in model.values():
        if isinstance(part, dict):
            part.setdefault("args", ["touch", str(mark)])
    path = described(folder, micro, **model)
    with pytest.raises(ValueError, match="not a type of this version of the hub"):
        load_zero_shot_model(str(path))
    assert not mark.exists()


def test_registry_would_have_run_it(mark: Path):
    from iclip.registry import MODELS

    MODELS.build({"type": "subprocess.check_call", "args": ["touch", str(mark)]})
    assert mark.exists()


# Changes to the config of a trained model, as its file holds it; ``{mark}`` is replaced.
TRAINED: dict[str, dict[str, Any]] = {
    "a function": {"model": {"type": "subprocess.check_call", "args": ["touch", "{mark}"]}},
    "a part": {"model.backbone": {"type": "subprocess.check_call", "args": ["touch", "{mark}"]}},
    "a module": {"model.type": "planted"},
    "a scope": {"model.backbone._scope_": "planted"},
    "another default scope": {"default_scope": "planted", "model.backbone.type": "planted.Net"},
    "an import": {"custom_imports": {"imports": ["planted"]}},
    "an operator": {
        "model.test_cfg.rcnn.nms.type": "__import__('pathlib').Path('{mark}').touch()",
    },
    "a transform": {
        "test_dataloader.dataset.pipeline.1": {
            "type": "subprocess.check_call", "args": ["touch", "{mark}"],
        }
    },
    "a data set": {
        "test_dataloader.dataset.type": "subprocess.check_call",
        "test_dataloader.dataset.args": ["touch", "{mark}"],
    },
    "weights of the backbone": {
        "model.backbone.init_cfg": {"type": "Pretrained", "checkpoint": "planted.pth"}
    },
}  # fmt: skip
HARMLESS = ("an import", "a data set", "weights of the backbone")


@pytest.mark.parametrize("kind", TRAINED)
def test_trained_model_names_nothing_that_is_run(
    kind: str, trained: Path, folder: Path, mark: Path, monkeypatch: pytest.MonkeyPatch
):
    """Beside the file lies a module of the name that it names, as in a folder from elsewhere."""
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    written(folder / "planted.py", as_python(mark))
    written(folder / "planted.pth", as_checkpoint(mark))
    content = torch.load(trained, weights_only=True)
    for way, value in TRAINED[kind].items():
        *parts, last = way.split(".")
        section = content["meta"]["config"]
        for part in parts:
            section = section[int(part)] if isinstance(section, list) else section[part]
        section[int(last) if isinstance(section, list) else last] = marked(value, mark)
    torch.save(content, folder / "best.pth")
    if kind in HARMLESS:  # a prediction does without it
        assert load_model(folder / "best.pth", "cpu").task == "detection"
    else:
        with pytest.raises(ValueError, match="may name only what the frameworks and the hub"):
            load_model(folder / "best.pth", "cpu")
    assert not mark.exists()


def marked(value: Any, mark: Path) -> Any:
    if isinstance(value, dict):
        return {key: marked(entry, mark) for key, entry in value.items()}
    if isinstance(value, list):
        return [marked(entry, mark) for entry in value]
    return value.replace("{mark}", str(mark))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The light file of a detector."""
    return write_toy_model("lvis_frcnn", tmp_path_factory.mktemp("trained") / "best.pth")


def test_mmcv_would_have_evaluated_it(mark: Path):
    from mmcv.ops import batched_nms

    boxes, scores = torch.tensor([[0.0, 0, 1, 1]]), torch.ones(1)
    with pytest.raises(TypeError):  # what the expression returns is not a function
        batched_nms(boxes, scores, torch.zeros(1), {"type": as_python(mark).strip()})
    assert mark.exists()


# What passes the hub's own readers: other libraries' loaders, and files that are made again.
QUIET: dict[str, Callable[[Path, Path], Any]] = {
    "index of a tar": lambda folder, mark: index_of_tar(folder, mark),
    "joint index": lambda folder, mark: joint_index(folder, mark),
    "config that a run dumped": lambda folder, mark: report(folder, mark),
    "weights of RoBERTa": lambda folder, mark: roberta(folder, mark),
    "weights from a web server": lambda folder, mark: from_web(folder, mark),
    "weights for mmengine": lambda folder, mark: refused(
        lambda: _load_checkpoint(str(written(folder / "a.pth", as_checkpoint(mark))))
    ),
    "label map for mmcv": lambda folder, mark: refused(
        lambda: mmcv.imread(str(written(folder / "a.png", POSTSCRIPT)), backend="pillow")
    ),
    "video that is a playlist": lambda folder, mark: refused(
        lambda: open_video(written(folder / "a.mp4", f"ffconcat version 1.0\nfile {mark}\n"))
    ),
}


def refused(read: Callable[[], Any]) -> None:
    with pytest.raises((ValueError, OSError, RuntimeError, pickle.UnpicklingError)):
        read()


def index_of_tar(folder: Path, mark: Path) -> None:
    as_npz(folder / "a.idx.npz", mark, stamp=np.array("state"), records=...)
    assert load_tar_index(folder / "a.idx.npz", "state") is None


def joint_index(folder: Path, mark: Path) -> None:
    """A joint index that is a pickle is made again from the tar."""
    write_tar(folder / "a.tar", {"0.jpg": b"abcd", "0.txt": b"abcd"})
    names = SampleNames("txt")
    assert len(ShardTable([str(folder / "a.tar")], names)) == 1
    (index,) = folder.glob("shards-*.idx")
    written(index, as_pickle(mark))
    assert ShardTable([str(folder / "a.tar")], names).read_pair(0) == (b"abcd", b"abcd")


def report(folder: Path, mark: Path) -> None:
    write_run(folder / "run", pretraining() + as_python(mark), {"seen/top1": 50.0})
    build_report([folder])


def roberta(folder: Path, mark: Path) -> None:
    shape = dict(vocab_size=50, hidden_size=8, num_hidden_layers=1, num_attention_heads=1,
                 intermediate_size=8)  # fmt: skip
    written(folder / "config.json", json.dumps({"model_type": "roberta", **shape}))
    written(folder / "pytorch_model.bin", as_checkpoint(mark))
    refused(lambda: RobertaTextEncoder(name_or_path=str(folder)).init_weights())


def from_web(folder: Path, mark: Path) -> None:
    """torch's function for downloads, which mmengine calls, is not safe by itself."""
    with serving({"/a.pth": as_checkpoint(mark)}) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCH_HOME", str(folder))
        refused(lambda: _load_checkpoint(f"{server.url}/a.pth"))
        assert list(folder.rglob("a.pth"))


@pytest.mark.parametrize("kind", QUIET)
def test_bomb_does_not_go_off(
    kind: str, folder: Path, mark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    ghostscript(tmp_path / "bin", mark)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    QUIET[kind](folder, mark)
    assert not mark.exists()
