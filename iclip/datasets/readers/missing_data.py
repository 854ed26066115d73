"""The error message for data that are not where the config says."""

import os
from pathlib import Path

from iclip.data_root import DATA_VARIABLE, DEFAULT_DATA_ROOT


def missing_data(setting: str, path: str | os.PathLike[str], problem: str) -> FileNotFoundError:
    """Make the error for missing data.

    Args:
        setting: The setting as the user wrote it, such as ``LabelledImages(root=...)``.
        path: Its value.
        problem: What is wrong with it.
    """
    value = os.environ.get(DATA_VARIABLE)
    root = f"is not set, so configs use {DEFAULT_DATA_ROOT!r}" if value is None else f"is {value!r}"
    return FileNotFoundError(
        f"{setting} is {os.fspath(path)!r}: {problem}. Shipped configs look below the folder that "
        f"the environment variable {DATA_VARIABLE} names; it {root} (from {os.getcwd()}). Set it "
        "to where your data are; `python tools/make_toy_data.py` draws the toy world there"
    )


def existing_folder(setting: str, path: str | os.PathLike[str]) -> Path:
    """Return the path of a folder that must exist.

    Raises:
        FileNotFoundError: There is no such folder.
    """
    if not os.path.isdir(path):
        raise missing_data(setting, path, "there is no such folder")
    return Path(path)


def existing_file(setting: str, path: str | os.PathLike[str]) -> Path:
    """Return the path of a file that must exist.

    Raises:
        FileNotFoundError: There is no such file.
    """
    if not os.path.isfile(path):
        raise missing_data(setting, path, "there is no such file")
    return Path(path)
