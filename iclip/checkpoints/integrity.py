"""Tell a damaged checkpoint by the checksums in it.

``torch.save`` writes a zip archive, with a CRC-32 of each member. ``torch.load`` does not compare
them: a tensor with a flipped bit loads without a word. Here, the whole file is read and compared.
The checksums lie in the file itself, in each that torch has written since 1.6, and other programs
know them (``unzip -t``).
"""

import zipfile
from pathlib import Path

import torch

from iclip.checkpoints.torch_files import is_archive
from iclip.messages import first_line

# An attribute in a zip archive's directory: the member is a folder. torch reads it as empty.
_IS_FOLDER = 0x10


def find_damage(path: str | Path) -> str | None:
    """Read a whole checkpoint and compare its checksums.

    It takes the time of reading the file; a core computes some GB of CRC-32 per second.

    Args:
        path: A file of ``torch.save``.

    Returns:
        What is wrong, such as ``'the checksum of archive/data/7 is wrong'``; None if each byte that
        torch reads is as it was written. What cannot be read counts as damaged, with the system's
        reason.
    """
    path = Path(path)
    try:
        if path.is_dir():
            return "it is a folder"
        if path.stat().st_size == 0:
            return "it is empty"
        if not is_archive(path):
            return "it does not begin as a checkpoint does"
        return _damage_of_archive(path)
    except OSError as error:
        return error.strerror or str(error)


def _damage_of_archive(path: Path) -> str | None:
    """Compare the checksums, then what zipfile and torch find in the archive's directory."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if any(member.compress_type != zipfile.ZIP_STORED for member in members):
                return "a member is compressed, which torch.save does not do"
            wrong = archive.testzip()
        if wrong is not None:
            return f"the checksum of {wrong} is wrong"
        if any(member.external_attr & _IS_FOLDER for member in members):
            return "a member is marked as a folder"
        # torch leaves the archive's folder out of the names.
        names = [member.filename.partition("/")[2] for member in members]
        records = torch._C.PyTorchFileReader(str(path)).get_all_records()
        if len(set(names)) < len(names) or set(records) != set(names):
            return "its directory names a member twice or not at all"
    except (OSError, MemoryError):
        raise
    except Exception as error:
        # In a damaged directory, both readers end in any kind of error.
        if str(error) == "File is not a zip file":  # its directory lies at its end
            return "its end is missing"
        return None if _is_of_another_torch(error) else first_line(error)
    return None


def _is_of_another_torch(error: Exception) -> bool:
    """Whether torch's reader refuses the version of the format, which is not damage."""
    return isinstance(error, RuntimeError) and "supported version for reading" in str(error)
