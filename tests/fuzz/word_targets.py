"""Classes in words: kept embeddings, lists of splits, pushed folders, settings of a config."""

import json
import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from hypothesis import strategies as st

from iclip.checkpoints import load_checkpoint
from iclip.checkpoints.model_folders import CONFIG, SECTION, write_own_part
from iclip.datasets.readers.official_splits import read_official_splits
from iclip.results.expected import read_expected
from iclip.results.protocols import protocol_problem
from iclip.text.new_class_setting import read_new_classes
from iclip.words import read_class_embeddings, write_class_embeddings
from tests.fuzz.mutations import mutated, mutated_json
from tests.fuzz.target import Target, read_or_refuse
from tests.support.official_lists import write_hmdb_lists, write_ucf_lists
from tests.support.text_classes import random_embeddings

Lists = dict[str, bytes]


@cache
def embeddings() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "words.safetensors"
        write_class_embeddings(path, random_embeddings(["red fox", "crane", "ü"], 8))
        return path.read_bytes()


def read_embeddings(content: bytes, folder: Path) -> None:
    """Embeddings that are read are unit rows, one per class."""
    path = folder / "words.safetensors"
    path.write_bytes(content)
    found = read_or_refuse(lambda: read_class_embeddings(path))
    if found is not None:
        assert len(found.embeds) == len(found.texts) == len(found.names)
        assert bool(((found.embeds.float().norm(dim=1) - 1).abs() < 0.02).all())


@cache
def lists() -> tuple[Lists, Lists]:
    """UCF-101's and HMDB-51's, by name."""
    written = []
    for write in (write_ucf_lists, write_hmdb_lists):
        with TemporaryDirectory() as folder:
            write(Path(folder))
            written.append({file.name: file.read_bytes() for file in Path(folder).iterdir()})
    return written[0], written[1]


@st.composite
def damaged_lists(draw: st.DrawFn) -> Lists:
    """The lists of a data set, of which one is changed."""
    files = dict(draw(st.sampled_from(lists())))
    name = draw(st.sampled_from(sorted(files)))
    return {**files, name: draw(mutated([files[name], files[name].replace(b"\n", b"\r\n")]))}


def read_lists(files: Lists, folder: Path) -> None:
    """Each video that is read has a class, and a file name within its class's folder."""
    place = folder / "lists"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for name, content in files.items():
        (place / name).write_bytes(content)
    found = read_or_refuse(lambda: read_official_splits(place))
    for videos in found.videos.values() if found else ():
        for video in videos:
            assert found is not None and 0 <= video.label < len(found.classes)
            assert "/" in video.name


@cache
def pushed() -> tuple[dict[str, Any], bytes]:
    """A pushed folder's config.json, and its tensors."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        meta = {"iter": 3, "model": {"type": "ICLIP", "sizes": (1, 2)}, "class_texts": []}
        section = write_own_part(place, {"a": torch.ones(2), "b": torch.zeros(1, 2)}, meta, {})
        (file,) = place.glob("*.safetensors")
        return {"architecture": "swin", SECTION: section}, file.read_bytes()


def configs() -> st.SearchStrategy[bytes]:
    """A pushed folder's config.json that is nearly right."""
    config, _ = pushed()
    return st.one_of(mutated_json([config]), mutated([json.dumps(config).encode()]))


def read_folder(content: bytes, folder: Path) -> None:
    """A folder is read whole, whatever its config.json says, or refused."""
    place = folder / "pushed"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    config, tensors = pushed()
    (file,) = config[SECTION]["files"]
    (place / file).write_bytes(tensors)
    (place / CONFIG).write_bytes(content)
    found = read_or_refuse(lambda: load_checkpoint(str(place)))
    if found is not None:
        assert found["state_dict"].keys() <= {"a", "b", *config_names(content)}


def config_names(content: bytes) -> set[str]:
    """Names that tensors have by the config itself."""
    elsewhere = json.loads(content)[SECTION].get("tensors_elsewhere") or {}
    return set(elsewhere) if isinstance(elsewhere, dict) else set()


SETTINGS: Any = {
    "protocol": "lvis-openvocab-box",
    "new_classes": {"tested": "all.jsonl", "trained": "seen.jsonl", "pretrained": "x.jsonl"},
    "expected": {
        "lvis/AP": {"runs": [52.9, 52.3, 55.8], "images": 150, "iterations": 250},
        "lvis/APr": {"value": 47.3, "tolerance": 17.7},
        "lvis/APc": {"value": 57.9, "spread": [1.9, 3]},
    },
}


def read_settings(content: bytes, _: Path) -> None:
    """What the report reads of a config is of its form, or said."""
    config = json.loads(content)
    if not isinstance(config, dict):
        return
    for score in read_or_refuse(lambda: read_expected(config)) or ():
        assert score.values and all(0 <= value <= 100 for value in score.values)
    problem = protocol_problem(config.get("protocol"))
    assert problem is None or problem.strip()
    read_or_refuse(lambda: read_new_classes(config))


WORD_TARGETS = (
    Target("class-embeddings", st.deferred(lambda: mutated([embeddings()])), read_embeddings),
    Target("official-splits", damaged_lists(), read_lists),
    Target("pushed-folders", st.deferred(configs), read_folder),
    Target("report-settings", mutated_json([SETTINGS]), read_settings),
)
