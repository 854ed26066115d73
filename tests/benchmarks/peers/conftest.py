import pytest

from iclip.benchmarks.peers.library_loaders import Export, export_all, write_checkpoint
from tests.benchmarks.peers.small_swin import LAYOUTS, SIZES
from tests.support.zero_shot_models import photos, table, tiny, tiny_name  # noqa: F401


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Export]:
    """One checkpoint of a small model, exported to each of the layouts."""
    folder = tmp_path_factory.mktemp("layouts")
    write_checkpoint(SIZES, folder / "latest.pth")
    return export_all(folder / "latest.pth", SIZES, folder, LAYOUTS)
