"""The environment of every test, and what all of them may ask for.

One thread per process, no network, and nothing of what lies in the checkout's data/ and work_dirs/.
Tests on real data run if ICLIP_REAL_DATA names a folder.
"""

import gc
import os
from pathlib import Path

# Set before the first import of torch, which reads it once.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# A test that asks a model hub fails at once instead of waiting for a time-out.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# Data and weights in the checkout, such as the quickstart's, must not decide a test.
os.environ["ICLIP_DATA"] = "/nonexistent/data"
os.environ["ICLIP_CHECKPOINT"] = "/nonexistent/weights.pth"

import pytest

from iclip.text.sources.wordnet import WordNet

# A fifth of the time of the tests' imports otherwise; see `pytest_collection_finish`.
gc.disable()

# Fixtures of several folders.
pytest_plugins = ("tests.support.remote_servers", "tests.support.hub_server")


def pytest_collection_finish() -> None:
    """Let collections look through what tests make, not through all modules again and again."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """The checkout, which holds configs/ and tools/."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real photos, annotations and clips that ICLIP_REAL_DATA names; else a skip."""
    folder = os.environ.get("ICLIP_REAL_DATA")
    if not folder:
        pytest.skip("ICLIP_REAL_DATA is not set")
    path = Path(folder)
    if not path.is_dir():
        pytest.fail(f"ICLIP_REAL_DATA={folder} is not a folder")
    return path


@pytest.fixture(scope="session")
def real_wordnet() -> WordNet:
    """The WordNet that tools/setup.sh fetched; else a skip."""
    try:
        return WordNet()
    except FileNotFoundError as error:
        pytest.skip(str(error))
