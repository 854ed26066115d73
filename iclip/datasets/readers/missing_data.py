"""The error message for data that are not where the config says."""

import os
from pathlib import Path

from iclip.data_root import DATA_VARIABLE, DEFAULT_DATA_ROOT
from iclip.files.storage import as_path, is_file, is_folder, is_remote, is_web


def missing_data(setting: str, path: str | os.PathLike[str], problem: str) -> FileNotFoundError:
    """Make the error for missing data.

    Args:
        setting: The setting as the user wrote it, such as ``LabelledImages(root=...)``.
        path: Its value.
        problem: What is wrong with it.
    """
    if is_remote(path):
        return FileNotFoundError(f"{setting} is {os.fspath(path)!r}: {problem}")
    value = os.environ.get(DATA_VARIABLE)
    root = f"is not set, so configs use {DEFAULT_DATA_ROOT!r}" if value is None else f"is {value!r}"
    return FileNotFoundError(
        f"{setting} is {os.fspath(path)!r}: {problem}. Shipped configs look below the folder that "
        f"the environment variable {DATA_VARIABLE} names; it {root} (from {os.getcwd()}). Set it "
        "to where your data are; `python tools/make_toy_data.py` draws the toy world there"
    )


def existing_folder(setting: str, path: str | os.PathLike[str]) -> str | Path:
    """Return the path of a folder that must exist, or its URL.

    Raises:
        FileNotFoundError: There is no such folder, or it is a web server's.
        OSError: The server cannot be reached, or refuses.
    """
    if is_web(path):
        problem = "a web server does not say what its folders hold; name a bucket or a local folder"
        raise missing_data(setting, path, problem)
    if not is_folder(path):
        raise missing_data(setting, path, "there is no such folder")
    return as_path(path)


def existing_image_root(setting: str, path: str | os.PathLike[str]) -> str | Path:
    """Return the folder of images that a list names; that of a web server is taken as it is.

    Raises:
        FileNotFoundError: There is no such folder.
        OSError: The server cannot be reached, or refuses.
    """
    return os.fspath(path) if is_web(path) else existing_folder(setting, path)


def existing_file(setting: str, path: str | os.PathLike[str]) -> str | Path:
    """Return the path of a file that must exist, or its URL.

    Raises:
        FileNotFoundError: There is no such file.
        OSError: The server cannot be reached, or refuses.
    """
    if not is_file(path):
        raise missing_data(setting, path, "there is no such file")
    return as_path(path)
