"""Models of a hub as local folders: ``hf-hub:org/name`` is fetched once, into the hub's cache.

The client is huggingface_hub: ``HF_ENDPOINT`` says which hub, ``HF_TOKEN`` (or ``hf auth login``)
who asks, ``HF_HOME`` where the cache lies, and ``HF_HUB_OFFLINE=1`` that nothing is asked. What is
in the cache needs no network.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

from iclip.checkpoints.hub_errors import explained
from iclip.checkpoints.hub_names import HubName, is_hub_name
from iclip.checkpoints.model_folders import CONFIG, SECTION, files_of
from iclip.checkpoints.weight_folders import FOLDER_FILES, INDEX_SUFFIX, files_of_index
from iclip.files.text import read_text

# Of models that others have pushed: what a backbone is read from.
_FOREIGN = (*FOLDER_FILES, "best.pth")


def local_path(name: str | Path) -> str | Path:
    """Return the local path that a name stands for.

    Args:
        name: ``hf-hub:org/name[@revision][#part]``, or any path, which is returned as it is.

    Returns:
        For a name of the hub the folder that holds its files, with ``#part`` behind it.

    Raises:
        FileNotFoundError: The hub has no such model, or it cannot be reached and the cache does not
            hold the model.
        PermissionError: The hub refuses the token, or asks for one.
        OSError: What was fetched is not whole.
        ValueError: The name is not of the form, or the model is of a layout that this version does
            not read.
    """
    if not is_hub_name(name):
        return name
    wanted = HubName.parse(str(name))
    folder = fetch(wanted)
    return f"{folder}#{wanted.part}" if wanted.part else folder


def endpoint() -> str | None:
    """Return the hub that ``HF_ENDPOINT`` names; None for the default."""
    return os.environ.get("HF_ENDPOINT") or None


def fetch(name: HubName) -> Path:
    """Fetch the files of a model that the hub reads, all of one commit; see :func:`local_path`."""
    from huggingface_hub import hf_hub_download

    def download(file: str, revision: str | None) -> Path:
        return Path(hf_hub_download(name.repository, file, revision=revision, endpoint=endpoint()))

    with explained(str(name), endpoint()):
        config = _if_there(lambda: download(CONFIG, name.revision))
        if config is not None:
            files = _own_files(config)
            if files is not None:
                for file in files:
                    download(file, config.parent.name)  # the commit
                return config.parent
        return _foreign(name, download)


def _own_files(config: Path) -> list[str] | None:
    """Return the files that a model of the hub's own needs; None: it is another library's."""
    try:
        content = json.loads(read_text(config))
    except (ValueError, RecursionError):
        return None
    is_own = isinstance(content, dict) and isinstance(content.get(SECTION), dict)
    return list(files_of(content, config)) if is_own else None


def _foreign(name: HubName, download: Callable[[str, str | None], Path]) -> Path:
    """Fetch the weights of another library's model."""
    for file in _FOREIGN:
        found = _if_there(lambda file=file: download(file, name.revision))
        if found is None:
            continue
        if file.endswith(INDEX_SUFFIX):
            for shard in sorted(set(files_of_index(found).values())):
                download(shard, found.parent.name)
        return found.parent
    raise FileNotFoundError(f"{name} holds none of {CONFIG} (of this hub), {', '.join(_FOREIGN)}")


def _if_there(download: Callable[[], Path]) -> Path | None:
    """Return a file; None if the repository does not have it."""
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    try:
        return download()
    except LocalEntryNotFoundError:  # nothing could be asked
        raise
    except EntryNotFoundError:
        return None
