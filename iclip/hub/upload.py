"""A folder becomes a model of a hub: in one commit, so that nobody sees half of it."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iclip.checkpoints.hub_errors import explained
from iclip.checkpoints.hub_files import endpoint
from iclip.checkpoints.hub_names import check_repository

# What an earlier push may have left that this one does not write.
_REPLACED = ("*.safetensors", "open_clip_config.json", ".eval_results/*.yaml")


@dataclass(frozen=True)
class Pushed:
    """What an upload has made.

    Attributes:
        commit: Its commit.
        url: Its page.
    """

    commit: str
    url: str


def check_target(repository: str) -> None:
    """Check the name of the repository, before anything is written.

    Raises:
        ValueError: It is not of the form ``org/name``.
    """
    check_repository(repository, repository)
    if "/" not in repository:
        raise ValueError(
            f"{repository!r} does not say whose model it is: write org/name, with your user name "
            "or your organization's before the slash"
        )


def token_of_environment() -> str:
    """Return the token in ``HF_TOKEN``.

    Raises:
        ValueError: It is not set.
    """
    token = os.environ.get("HF_TOKEN")
    if not token:
        raise ValueError("--token-from-env takes the token from HF_TOKEN, which is not set")
    return token


def upload(
    folder: Path, repository: str, private: bool = False, token: str | None = None
) -> Pushed:
    """Send a folder; the repository is made if it is not there.

    Files go first, and the commit that shows them last: a broken exchange leaves what was there.

    Args:
        folder: What :func:`iclip.hub.folder.write_folder` has written.
        repository: ``org/name``.
        private: Whether a new repository is shown to its owners only.
        token: Who sends; None for ``HF_TOKEN``, or whom ``hf auth login`` has stored.

    Raises:
        PermissionError: The hub refuses the token, or asks for one.
        OSError: The hub cannot be reached, or the exchange broke off.
    """
    from huggingface_hub import HfApi

    what = f"push to {repository}"
    with explained(what, endpoint()):
        api: Any = HfApi(endpoint=endpoint(), token=token, library_name="iclip")
        api.create_repo(repository, private=private, exist_ok=True)
        commit = api.upload_folder(
            folder_path=folder, repo_id=repository, commit_message="Push by iclip",
            delete_patterns=list(_REPLACED),
        )  # fmt: skip
    return Pushed(commit.oid, f"{api.endpoint}/{repository}")
