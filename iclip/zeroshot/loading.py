"""Load a model by its name: a checkpoint, an export, or whatever open_clip builds."""

import json
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import open_clip
import torch
from mmengine.registry import DefaultScope
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from torch import Tensor

from iclip.checkpoints import load_checkpoint, load_model_weights
from iclip.checkpoints.hub_files import local_path
from iclip.checkpoints.model_folders import CONFIG, is_model_folder
from iclip.files.text import read_text
from iclip.models.config_without_files import without_files
from iclip.registry import MODELS, TOKENIZERS, check_types
from iclip.text.class_texts import ClassTexts, class_texts_of
from iclip.zeroshot.embedding_model import (
    POOLED,
    PROJECTION,
    ImageTextEmbedder,
    Origin,
    choose_precision,
    no_room,
)
from iclip.zeroshot.open_clip_tokenizer import OpenClipTokenizer
from iclip.zeroshot.pooled_features import backbone_of_file, without_projection
from iclip.zeroshot.transform import EvaluationTransform, export_manifest, sizes_of_evaluation

OPEN_CLIP = "open_clip:"


def load_zero_shot_model(
    name: str,
    device: str = "cpu",
    image_size: int | None = None,
    resize: int | None = None,
    precision: str | None = None,
) -> ImageTextEmbedder:
    """Load a model of images and texts.

    Args:
        name: A checkpoint of pre-training, as a file, a model's folder, or its name on a hub,
            ``hf-hub:org/name``; a folder that ``tools/export.py --layout open_clip``
            wrote; ``open_clip:NAME``, ``open_clip:NAME:TAG`` or ``open_clip:NAME:FILE``.
        device: ``cpu`` or ``cuda``.
        image_size: Side of the images in pixels; the model's own by default.
        resize: Short side before the crop, in pixels; the model's own by default.
        precision: See :func:`iclip.zeroshot.embedding_model.choose_precision`.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The model has no text tower, or one that its tokenizer does not fit; the file
            does not say how the model was built; open_clip cannot build it; or a setting does not
            fit.
    """
    precision = choose_precision(precision, device)
    place = str(local_path(name))
    if is_model_folder(place):
        model = _from_checkpoint(name, place, image_size, resize)
    elif _is_open_clips(place) or Path(place).is_dir():
        model = _from_open_clip(name, place, image_size, resize)
    else:
        model = _from_checkpoint(name, place, image_size, resize)
    model.network.eval().requires_grad_(False)
    # While it is on the CPU: there, an id outside the embedding table raises an error of its own.
    # On a GPU, it would leave CUDA unusable for the whole process.
    _check_tokenizer(model)
    return _on_device(model, device, precision)


def load_image_model(
    name: str,
    device: str = "cpu",
    image_size: int | None = None,
    resize: int | None = None,
    precision: str | None = None,
    features: str = POOLED,
) -> ImageTextEmbedder:
    """Load a model of images alone, for the features of its backbone.

    Args:
        name: As for :func:`load_zero_shot_model`, or any file or folder that holds a Swin backbone
            (see :func:`iclip.checkpoints.read_backbone`).
        device: See :func:`load_zero_shot_model`.
        image_size: See :func:`load_zero_shot_model`.
        resize: See :func:`load_zero_shot_model`.
        precision: See :func:`load_zero_shot_model`.
        features: ``pooled``: the backbone's averaged last map; ``projection``: the embedding in the
            joint space.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: There is no backbone or, for ``projection``, no joint space.
    """
    if features not in (POOLED, PROJECTION):
        raise ValueError(f"--features is {features!r}; it takes {POOLED} or {PROJECTION}")
    if features == PROJECTION:
        return load_zero_shot_model(name, device, image_size, resize, precision)
    precision = choose_precision(precision, device)
    place = str(local_path(name))
    if _is_open_clips(place) and not is_model_folder(place):
        model = without_projection(_from_open_clip(name, place, image_size, resize))
    else:
        model = backbone_of_file(name, image_size, resize)
    model.network.eval().requires_grad_(False)
    return _on_device(model, device, precision)


def _is_open_clips(name: str) -> bool:
    return name.startswith(OPEN_CLIP) or (Path(name) / "open_clip_config.json").is_file()


def _on_device(model: ImageTextEmbedder, device: str, precision: str) -> ImageTextEmbedder:
    try:
        model.network.to(device)
    except torch.OutOfMemoryError as error:
        raise ValueError(no_room(model.name, "image")) from error
    model.device, model.precision = device, precision
    return model


def _check_tokenizer(model: ImageTextEmbedder) -> None:
    """Encode a text, which fails if the tower has no embedding for an id or a position.

    The text fills the context, since a shorter one does not reach the last positions.
    """
    assert model.tokenizer is not None
    text = " ".join(["photo"] * model.tokenizer.context_length)
    ids = model.tokenizer([text])
    try:
        model.encode_texts([text])
    except (IndexError, RuntimeError) as error:
        raise ValueError(
            f"MODEL {model.name}: its tokenizer does not fit its text tower, which cannot encode "
            f"{ids.shape[1]} ids up to {int(ids.max())}: {error}"
        ) from error


def _from_open_clip(
    given: str, place: str, image_size: int | None, resize: int | None
) -> ImageTextEmbedder:
    """Load a model that open_clip builds: one of its own, or an export of the hub.

    Args:
        given: Its name as the user wrote it.
        place: The same, or the folder of a name on a hub.
        image_size: See :func:`load_zero_shot_model`.
        resize: See :func:`load_zero_shot_model`.
    """
    weights: str | None
    settings: dict[str, Any] = {}
    if place.startswith(OPEN_CLIP):
        name, _, weights = place.removeprefix(OPEN_CLIP).partition(":")
    else:
        name, weights = f"local-dir:{Path(place).resolve()}", None
        settings = _text_tower_in(Path(place).resolve())
    try:
        network, _, _ = open_clip.create_model_and_transforms(
            name, pretrained=weights or None, force_image_size=image_size, **settings
        )
        tokenizer = OpenClipTokenizer(open_clip.get_tokenizer(name))
    except pickle.UnpicklingError as error:
        # torch's own message recommends weights_only=False, which would run the code.
        raise ValueError(
            f"MODEL {given} is refused: {weights or 'its file'} holds more than tensors and plain "
            "values, and reading that could run code"
        ) from error
    except (RuntimeError, FileNotFoundError, ValueError, OSError, AssertionError) as error:
        asked = f" with --image-size {image_size}" if image_size else ""
        raise ValueError(f"MODEL {given}: open_clip cannot build it{asked}: {error}") from error
    pixels = PreprocessCfg(**network.visual.preprocess_cfg)
    transform, size, resize = _open_clip_transform(given, Path(place), pixels, resize)
    file = Path(weights) if weights and Path(weights).is_file() else None
    return ImageTextEmbedder(
        given, network, transform, tokenizer, size, resize, origin=Origin(file)
    )


def _text_tower_in(folder: Path) -> dict[str, Any]:
    """Return what makes open_clip find a text tower's config that lies in an exported folder.

    open_clip looks for it by a name: on a hub, or from where Python runs.
    """
    try:
        text = json.loads(read_text(folder / "open_clip_config.json"))["model_cfg"]["text_cfg"]
        own = json.loads(read_text(folder / "config.json"))
    except (OSError, ValueError, KeyError, TypeError):  # open_clip says what is wrong
        return {}
    if "hf_model_name" not in text or "model_type" not in own:
        return {}
    return {"text_cfg": {**text, "hf_model_name": str(folder)}}


def _open_clip_transform(
    given: str, place: Path, pixels: PreprocessCfg, resize: int | None
) -> tuple[Callable[[Image.Image], Tensor], int, int]:
    """Return a model's transform, its size and the short side before the crop, both in pixels.

    The hub's transform replaces open_clip's where the two do the same, because open_clip's cannot
    resize to more than the crop's size.
    """
    side = pixels.size if isinstance(pixels.size, int) else max(pixels.size)
    # open_clip's models resize the short side to the crop's; an export of the hub resizes as its
    # checkpoint does.
    manifest = export_manifest(place)
    stated = {
        "image_size": side,
        "image_resize": manifest.get("image_resize") if manifest else side,
    }
    size, resize = sizes_of_evaluation(stated, None, resize)
    if (pixels.interpolation, pixels.resize_mode) == ("bicubic", "shortest") and side == size:
        transform = EvaluationTransform(size, resize, tuple(pixels.mean), tuple(pixels.std))
        return transform, size, resize
    if resize != size:
        raise ValueError(
            f"--resize {resize}: MODEL {given} is made for images that are resized with "
            f"{pixels.interpolation}, {pixels.resize_mode!r}; leave the option out"
        )
    return image_transform_v2(pixels, is_train=False), size, resize


def _from_checkpoint(
    path: str, place: str, image_size: int | None, resize: int | None
) -> ImageTextEmbedder:
    """Load a checkpoint of pre-training; arguments as for :func:`_from_open_clip`."""
    checkpoint = load_checkpoint(path)
    meta, weights = checkpoint["meta"], checkpoint["state_dict"]
    if not isinstance(meta.get("model"), Mapping):
        raise ValueError(
            f"MODEL {path} does not say how it was built (meta['model']); it is of an older "
            "version. Export it with tools/export.py --layout open_clip --config CONFIG"
        )
    method = meta["model"].get("type")
    if "text_projection.weight" not in weights:
        raise ValueError(
            f"MODEL {path} ({method}) has no text tower, which the joint space of images and texts "
            "needs. tools/probe.py without --features measures its backbone"
        )
    check_types(meta["model"], f"MODEL {path}: meta['model']")
    network, tokenizer = _build(meta["model"], weights, path)
    load_model_weights(network, weights)
    size, resize = sizes_of_evaluation(meta, image_size, resize)
    # The config of a model's folder holds the checksums of its weights.
    file = Path(place) / CONFIG if is_model_folder(place) else Path(place)
    return ImageTextEmbedder(
        path,
        network,
        EvaluationTransform.of(size, resize, network.data_preprocessor),
        tokenizer,
        size,
        resize,
        origin=Origin(file, method, meta.get("samples_seen"), class_texts=_class_texts(meta)),
    )


def _class_texts(meta: Mapping[str, Any]) -> ClassTexts | tuple[()]:
    """Read the labels of the pre-training, where the file states them in their form."""
    try:
        return class_texts_of(meta.get("class_texts") or ())
    except ValueError:
        return ()


def _build(model: Mapping[str, Any], weights: Mapping[str, Tensor], path: str) -> tuple[Any, Any]:
    """Build the network and the tokenizer of a checkpoint's description.

    Raises:
        ValueError: The description lacks a setting, or has one that its type does not take.
    """
    try:
        # Inside of a framework's run, types without a scope would be the framework's.
        with DefaultScope.overwrite_default_scope("iclip"):
            # The class texts of an evaluation come from its data.
            network = MODELS.build(without_files({**model, "class_prompts": None}, weights))
            prompts = model.get("class_prompts") or {}
            return network, TOKENIZERS.build(prompts.get("tokenizer") or dict(type="CLIPTokenizer"))
    except OSError:
        raise  # a tokenizer's files, which the message names
    except Exception as error:  # what the settings of a damaged file make constructors raise
        raise ValueError(
            f"MODEL {path}: no model can be built as meta['model'] describes it: "
            f"{type(error).__name__}: {error}"
        ) from error
