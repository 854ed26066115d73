"""What the tests of pushed folders share: folders that are written once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from iclip.export.exported_checkpoint import ExportedCheckpoint
from iclip.hub.card_figures import Figure
from iclip.hub.folder import write_folder
from iclip.hub.libraries import LibraryFiles
from iclip.hub.model_card import Card
from iclip.hub.pushed_model import PushedModel, read_pushed_model
from tests.support.pushable_models import (
    TIMM_NAME,
    write_classifier,
    write_two_towers,
    write_with_roberta,
)

FIGURE = Figure(
    "imagenet1k/top1", 71.25, "imagenet1k", "50,000 of 50,000 images", "fp32", "imagenet1k/val",
    complete=True, source="zeroshot.json",
)  # fmt: skip


class Written(NamedTuple):
    """A folder, the model that is in it, and what it was made of."""

    folder: Path
    network: Any
    pushed: PushedModel
    libraries: LibraryFiles


@contextmanager
def named(name: str) -> Iterator[None]:
    """Give the small sizes a name in timm, so that open_clip takes them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ExportedCheckpoint, "timm_name", name)
        yield


@pytest.fixture
def named_by_timm() -> Iterator[None]:
    """The small sizes have a name in timm."""
    with named(TIMM_NAME):
        yield


@pytest.fixture(scope="session")
def towers(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Both towers, with a figure on ImageNet."""
    folder = tmp_path_factory.mktemp("towers")
    network = write_two_towers(folder / "latest.pth")
    pushed = read_pushed_model(folder)
    with named(TIMM_NAME):
        card = Card("swin", "mit", [FIGURE])
        libraries = write_folder(pushed, folder / "a pushed model", card, "org/swin")
    return Written(folder / "a pushed model", network, pushed, libraries)


@pytest.fixture(scope="session")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A fine-tuned classifier of sizes that timm has no name for."""
    folder = tmp_path_factory.mktemp("classifier")
    network = write_classifier(folder / "best.pth")
    pushed = read_pushed_model(folder)
    libraries = write_folder(pushed, folder / "a pushed model", Card("classes"))
    return Written(folder / "a pushed model", network, pushed, libraries)


@pytest.fixture(scope="session")
def with_roberta(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A text tower whose tokenizer lies in a folder that no longer exists."""
    folder = tmp_path_factory.mktemp("roberta")
    path, network = write_with_roberta(folder)
    pushed = read_pushed_model(path)
    with named(TIMM_NAME):
        libraries = write_folder(pushed, folder / "a pushed model", Card("roberta"))
    (folder / "roberta").rename(folder / "gone")
    return Written(folder / "a pushed model", network, pushed, libraries)
