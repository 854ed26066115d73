"""The file by which one checkpoint is told from others, wherever it lies."""

from pathlib import Path

from iclip.checkpoints.hub_files import local_path
from iclip.checkpoints.hub_names import is_hub_name
from iclip.checkpoints.model_folders import CONFIG, is_model_folder
from iclip.checkpoints.unreadable_files import foreign_model, missing_file


def identifying_file(name: str | Path) -> Path:
    """Return the file whose SHA-256 names the weights of a checkpoint.

    Args:
        name: A file, a model's folder, or its name on a hub, from which it is then fetched.

    Returns:
        The file itself; of a folder its ``config.json``, which holds the SHA-256 of the others.

    Raises:
        FileNotFoundError: There is no such checkpoint.
        ValueError: It is a hub's, and of another library.
        OSError: See :func:`iclip.checkpoints.hub_files.local_path`.
    """
    path = Path(local_path(name))
    if is_model_folder(path):
        return path / CONFIG
    if is_hub_name(name):
        raise ValueError(foreign_model(name))
    if not path.is_file():
        raise FileNotFoundError(missing_file(path))
    return path
