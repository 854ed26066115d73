"""Names of models on a hub of Hugging Face's kind: ``hf-hub:org/name[@revision][#part]``."""

import re
from dataclasses import dataclass
from pathlib import Path

PREFIX = "hf-hub:"
"""What a name of a hub begins with, as in timm and open_clip."""

# What the hub allows in a part of a name.
_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?"
_REPOSITORY = re.compile(rf"(?:{_PART}/)?{_PART}")
_FORM = "hf-hub:org/name[@revision][#part]"


@dataclass(frozen=True)
class HubName:
    """A model on a hub.

    Attributes:
        repository: ``org/name``, or ``name`` alone for the oldest ones.
        revision: A branch, a tag or a commit; None: the default branch.
        part: What stands behind ``#``: one of several sets of weights; may be empty.
    """

    repository: str
    revision: str | None = None
    part: str = ""

    def __str__(self) -> str:
        """Return the name as a user writes it."""
        revision = "" if self.revision is None else f"@{self.revision}"
        return PREFIX + self.repository + revision + (f"#{self.part}" if self.part else "")

    @classmethod
    def parse(cls, text: str) -> "HubName":
        """Read a name.

        Raises:
            ValueError: It is not of the form.
        """
        rest, mark, part = text.removeprefix(PREFIX).partition("#")
        repository, at, revision = rest.partition("@")
        if (mark and not part) or (at and not revision):
            raise ValueError(
                f"{text!r}: nothing stands behind {'#' if mark else '@'}; write {_FORM}"
            )
        check_repository(repository, text)
        return cls(repository, revision or None, part)


def is_hub_name(name: str | Path) -> bool:
    """Whether a name is one of a hub."""
    return str(name).startswith(PREFIX)


def resolved(checkpoint: str | Path) -> str:
    """Return where a checkpoint lies, whatever the working directory.

    Args:
        checkpoint: A file or folder, ``FILE#PART``, or a name on a hub, which stays as it is.
    """
    if is_hub_name(checkpoint):
        return str(checkpoint)
    if Path(checkpoint).exists():  # a file's own name may contain "#"
        return str(Path(checkpoint).resolve())
    file, mark, part = str(checkpoint).partition("#")
    return str(Path(file).resolve()) + mark + part


def short_name(checkpoint: str | Path) -> str:
    """Return the name of a checkpoint without folders; a name on a hub stays as it is."""
    return str(checkpoint) if is_hub_name(checkpoint) else Path(checkpoint).name


def check_repository(repository: str, written: str) -> None:
    """Check the name of a repository.

    Args:
        repository: ``org/name``.
        written: What the user wrote, for the message.

    Raises:
        ValueError: A hub has no such names.
    """
    if _REPOSITORY.fullmatch(repository) is None or ".." in repository or "--" in repository:
        raise ValueError(
            f"{written!r} does not name a model of a hub: write org/name, of letters, digits, "
            "'-', '_' and '.', without '--' and '..', each at most 96 characters"
        )
