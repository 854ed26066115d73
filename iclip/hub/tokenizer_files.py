"""A tokenizer of files travels with its text tower: the folder that a training had it in stays."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iclip.checkpoints.model_folders import HERE
from iclip.registry import TOKENIZERS
from iclip.text.tokenizer import RobertaTokenizer


def write_tokenizer(model: Mapping[str, Any], folder: Path) -> list[str]:
    """Write the tokenizer of a text tower into the folder; CLIP's ships with open_clip.

    Args:
        model: The run's ``model`` config, with the place where the training had the tokenizer.
        folder: Receives the files.

    Returns:
        The names of the files.

    Raises:
        FileNotFoundError: The tokenizer is not where the training had it, and has no public name.
    """
    settings = _tokenizer_of(model)
    if str(settings.get("type")).removeprefix("iclip.") != RobertaTokenizer.__name__:
        return []
    before = {file.name for file in folder.iterdir()}
    TOKENIZERS.build(settings).save(folder)
    return sorted(file.name for file in folder.iterdir() if file.name not in before)


def with_tokenizer_here(model: Mapping[str, Any]) -> dict[str, Any]:
    """Return a ``model`` config whose tokenizer lies in the folder itself."""
    prompts = dict(model["class_prompts"])
    return {
        **model,
        "class_prompts": {**prompts, "tokenizer": {**_tokenizer_of(model), "name_or_path": HERE}},
    }


def _tokenizer_of(model: Mapping[str, Any]) -> dict[str, Any]:
    return dict((model.get("class_prompts") or {}).get("tokenizer") or {})
