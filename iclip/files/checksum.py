"""SHA-256 of a file's content."""

import hashlib
from pathlib import Path

# Bytes per read: a checkpoint may be larger than the memory.
_BLOCK = 1 << 22


def file_sha256(file: Path) -> str:
    """Hash a file of any size.

    Returns:
        Hexadecimal digits.

    Raises:
        OSError: It cannot be read.
    """
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
