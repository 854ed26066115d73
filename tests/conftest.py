"""What every test may count on.

One thread per process, no network, nothing of what lies in the checkout's data/ and work_dirs/, and
real data where ICLIP_REAL_DATA names some.
"""

import os
from pathlib import Path

# Before the first import of torch, which reads it once.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# A test that would reach for a model hub fails at once instead of waiting for a time-out.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# Data and weights that lie in the checkout, after the quickstart say, must not decide a test.
os.environ["ICLIP_DATA"] = "/nonexistent/data"
os.environ["ICLIP_CHECKPOINT"] = "/nonexistent/weights.pth"

import pytest

from iclip.text.sources.wordnet import WordNet


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """The checkout, which holds configs/ and tools/."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder with real photos, annotations and clips, named by ICLIP_REAL_DATA; else a skip."""
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
