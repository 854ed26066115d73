"""Which files of a folder hold its weights: those that transformers, open_clip and timm write."""

import json
from pathlib import Path

from iclip.files.text import read_text

INDEX_SUFFIX = ".index.json"
# An index of several files, or one file.
FOLDER_FILES = (
    "model.safetensors.index.json", "pytorch_model.bin.index.json", "model.safetensors",
    "open_clip_model.safetensors", "pytorch_model.bin", "open_clip_pytorch_model.bin",
)  # fmt: skip


def file_of_folder(folder: Path) -> Path:
    """Find the file with the weights in a folder.

    Raises:
        FileNotFoundError: There is none.
    """
    found = next((folder / name for name in FOLDER_FILES if (folder / name).is_file()), None)
    if found is None:
        raise FileNotFoundError(
            f"folder {folder} holds none of {', '.join(FOLDER_FILES)}. Name the file with the "
            "weights"
        )
    return found


def files_of_index(index: Path) -> dict[str, str]:
    """Return which file holds each tensor, as an index of transformers says.

    Raises:
        ValueError: It is not such an index.
    """
    try:
        places = json.loads(read_text(index))["weight_map"]
        # Only the last part of a path, so that an index cannot lead out of its folder.
        return {name: Path(file).name for name, file in places.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{index} is not an index of weights ('weight_map'): {error}") from error
