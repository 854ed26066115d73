"""The light file of a trained model: its weights, and what is needed to predict with them.

It has the form of a training checkpoint, ``state_dict`` and ``meta``, without the optimizer, so
that whatever takes a checkpoint takes it. ``meta`` holds plain values: the resolved config, from
which the model and its transforms are built, the names of the classes, and figures.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from iclip import __version__
from iclip.checkpoints.hub_files import local_path
from iclip.checkpoints.integrity import find_damage
from iclip.checkpoints.model_folders import CONFIG, is_model_folder
from iclip.checkpoints.safe_loading import load_checkpoint
from iclip.files.atomic import write_atomically
from iclip.files.config_dump import parse_config_dump
from iclip.files.places import without_places
from iclip.settings import plain_values
from iclip.tasks import PRE_TRAINING, TRANSFERS, task_of

BEST = "best.pth"
"""The name of a light file in the folder of a fine-tuning."""

# The entry of `meta` that tells a light file from a training checkpoint, and its layout's number.
_MARK, _LAYOUT = "model_file", 1


@dataclass(frozen=True)
class ModelFile:
    """What a file says of a trained model; nothing of it has been run.

    Attributes:
        path: The file; of a model's folder, its ``config.json``, which holds checksums of the rest.
        task: One of :mod:`iclip.tasks`.
        config: The resolved config, plain values.
        weights: Tensors by name, on the CPU.
        classes: Names of the classes in the order of labels; None if the file does not name them.
        palette: A color (red, green, blue) per class; None: the file states none.
        figures: Scores of the model by name.
        trained: What the file says of the training, such as ``iteration``.
        class_texts: The classes' texts, plain values, of a classifier by words; else empty.
        text_tower: Name of the file whose text tower embedded them; may be empty.
    """

    path: Path
    task: str
    config: Mapping[str, Any]
    weights: Mapping[str, Tensor]
    classes: tuple[str, ...] | None = None
    palette: Sequence[Sequence[int]] | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    trained: Mapping[str, Any] = field(default_factory=dict)
    class_texts: Sequence[Mapping[str, Any]] = ()
    text_tower: str = ""


def write_model_file(
    path: Path,
    weights: Mapping[str, Tensor],
    *,
    task: str,
    classes: Sequence[str],
    config: Mapping[str, Any],
    figures: Mapping[str, float] | None = None,
    palette: Sequence[Sequence[int]] | None = None,
    trained: Mapping[str, Any] | None = None,
    class_texts: Sequence[Mapping[str, Any]] = (),
    text_tower: str = "",
) -> None:
    """Write a light file, whole or not at all.

    Args:
        path: The file; what was there is replaced.
        weights: All of the model's tensors by name, its ``state_dict``.
        task: One of :mod:`iclip.tasks`.
        classes: Names of the classes in the order of labels.
        config: The resolved config. Of files and folders on this machine, the names alone are kept:
            the file is made to be given to others.
        figures: Scores of the model by name.
        palette: A color (red, green, blue) per class, in 0 to 255.
        trained: What the file shall say of the training, plain values.
        class_texts: See :class:`ModelFile`.
        text_tower: See :class:`ModelFile`.

    Raises:
        OSError: The file could not be written.
    """
    model = ModelFile(
        path, task, config, weights, tuple(map(str, classes)), palette, figures or {},
        trained or {}, class_texts, text_tower,
    )  # fmt: skip
    save_model(model, path)


def save_model(model: ModelFile, path: Path) -> None:
    """Write a model as a light file, whole or not at all.

    Raises:
        OSError: The file could not be written.
    """
    buffer = io.BytesIO()
    tensors = {name: _compact(tensor) for name, tensor in model.weights.items()}
    torch.save({"state_dict": tensors, "meta": model_meta(model)}, buffer)
    write_atomically(path, buffer.getbuffer())


def model_meta(model: ModelFile) -> dict[str, Any]:
    """Return the ``meta`` of a light file, plain values."""
    data_set = {} if model.classes is None else {"classes": list(model.classes)}
    texts, tower = model.class_texts, model.text_tower
    return {
        _MARK: _LAYOUT,
        "iclip_version": __version__,
        "task": model.task,
        "config": without_places(plain_values(model.config)),
        # Where mmengine's own programs look for the names.
        "dataset_meta": data_set | ({"palette": plain_values(p)} if (p := model.palette) else {}),
        "figures": {str(name): float(value) for name, value in model.figures.items()},
        "trained": plain_values(model.trained),
        **({"class_texts": list(texts), "text_tower": tower} if texts else {}),
    }


def read_model_file(path: str | Path) -> ModelFile:
    """Read a light file or a training checkpoint of a downstream task, without running any of it.

    Args:
        path: The file, the folder of a fine-tuning, which holds ``best.pth``, a model's folder, or
            its name on a hub (:mod:`iclip.checkpoints.hub_files`).

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is damaged, or not a file of a trained model.
    """
    path = Path(local_path(path))
    if is_model_folder(path):
        content, path = load_checkpoint(path), path / CONFIG
    else:
        path = path / BEST if path.is_dir() else path
        content = load_checkpoint(path)
        damage = find_damage(path)
        if damage is not None:
            raise ValueError(f"{path} is damaged: {damage}. Fetch or copy it again")
    meta = content["meta"]
    if not isinstance(meta, Mapping) or not isinstance(content["state_dict"], Mapping):
        raise ValueError(f"{path} is damaged: its meta or its state_dict is not a mapping")
    if _MARK in meta:
        return _light(path, meta, content["state_dict"])
    return _of_training(path, meta, content["state_dict"])


def stated_task(meta: Mapping[str, Any], place: object) -> str | None:
    """Return the task of a light file or a training checkpoint, by its ``meta``.

    Args:
        meta: Of the file.
        place: The file, for messages.

    Returns:
        One of :mod:`iclip.tasks`; None if nothing states one.

    Raises:
        ValueError: The config in it cannot be read.
    """
    if _MARK in meta:
        return str(meta.get("task"))
    text = meta.get("cfg")
    return (
        task_of(parse_config_dump(text, f"{place}: meta['cfg']")) if isinstance(text, str) else None
    )


def _light(path: Path, meta: Mapping[str, Any], weights: Mapping[str, Tensor]) -> ModelFile:
    if meta[_MARK] != _LAYOUT:
        raise ValueError(
            f"{path} is a model file of layout {meta[_MARK]!r}, and this version of the hub "
            f"({__version__}) reads layout {_LAYOUT}: it was written by version "
            f"{meta.get('iclip_version')}"
        )
    kinds = {"task": str, "config": Mapping, "figures": Mapping, "trained": Mapping}
    for name, kind in kinds.items():
        if not isinstance(meta.get(name), kind):
            raise ValueError(f"{path}: meta[{name!r}] is missing or of another kind")
    if meta["task"] not in TRANSFERS:
        raise ValueError(
            f"{path}: meta['task'] is {meta['task']!r}, which is not one of {', '.join(TRANSFERS)}"
        )
    return ModelFile(
        path, meta["task"], meta["config"], weights, *_names_and_colors(path, meta),
        figures=meta["figures"], trained=meta["trained"], **_words(path, meta),
    )  # fmt: skip


def _of_training(path: Path, meta: Mapping[str, Any], weights: Mapping[str, Tensor]) -> ModelFile:
    """Take the config that mmengine writes into a checkpoint as text; it is parsed, not run."""
    if not isinstance(meta.get("cfg"), str):
        raise ValueError(
            f"{path} holds weights without a config (meta['cfg']), so that nothing says how its "
            "model is built. Give the config, too: tools/predict.py CONFIG CHECKPOINT INPUT"
        )
    config = parse_config_dump(meta["cfg"], f"{path}: meta['cfg']")
    task = task_of(config)
    if task == PRE_TRAINING:
        raise ValueError(
            f"{path} is a checkpoint of pre-training, which finds neither boxes, masks nor the "
            f"classes of a data set of yours. Fine-tune it (iclip finetune TASK --data DIR "
            f"--checkpoint {path}), or compare images with words (iclip zeroshot)"
        )
    if task is None:
        raise ValueError(f"{path}: its config is of none of {', '.join(TRANSFERS)}")
    trained = {"iteration": meta.get("iter"), "epoch": meta.get("epoch")}
    (classes, palette), words = _names_and_colors(path, meta), _words(path, meta)
    texts = words["class_texts"]
    if texts and len(texts) != len(classes or ()):
        # A data set of a framework names its whole vocabulary, whatever the model's classes are.
        classes, palette = tuple(str(text["names"][0]) for text in texts), None
    return ModelFile(
        path, task, config, weights, classes, palette,
        trained={key: value for key, value in trained.items() if value is not None},
        **words,
    )  # fmt: skip


def _words(path: Path, meta: Mapping[str, Any]) -> dict[str, Any]:
    """Read the texts of the classes, and what embedded them."""
    texts, tower = meta.get("class_texts") or (), meta.get("text_tower") or ""
    if not isinstance(texts, list | tuple) or not all(_is_class_text(text) for text in texts):
        raise ValueError(f"{path}: meta['class_texts'] is not a list of class texts")
    return {"class_texts": texts, "text_tower": str(tower)}


def _is_class_text(text: object) -> bool:
    names = text.get("names") if isinstance(text, Mapping) else None
    return isinstance(names, list | tuple) and len(names) > 0


def _names_and_colors(
    path: Path, meta: Mapping[str, Any]
) -> tuple[tuple[str, ...] | None, Sequence[Sequence[int]] | None]:
    """Read ``dataset_meta``, in which both kinds of files name their classes."""
    data_set = meta.get("dataset_meta") or {}
    classes, palette = (
        (data_set.get("classes"), data_set.get("palette"))
        if isinstance(data_set, Mapping)
        else (None, None)
    )
    if classes is not None and not (
        isinstance(classes, list | tuple) and all(isinstance(name, str) for name in classes)
    ):
        raise ValueError(f"{path}: meta['dataset_meta']['classes'] is not a list of names")
    is_list = isinstance(palette, list | tuple) and len(palette) == len(classes or ())
    return None if classes is None else tuple(classes), palette if is_list else None


def _compact(tensor: Tensor) -> Tensor:
    """Return a tensor on the CPU that owns no more memory than it has values.

    torch saves the whole storage of a view.
    """
    tensor = tensor.detach().cpu().contiguous()
    size = tensor.numel() * tensor.element_size()
    return tensor if tensor.untyped_storage().nbytes() == size else tensor.clone()
