"""Load a trained model from its file, without running anything that the file names."""

from pathlib import Path

from iclip.checkpoints.model_files import ModelFile, read_model_file
from iclip.messages import first_line
from iclip.predict.predict_files import ModelPredictor
from iclip.predict.trained_model import TrainedModel
from iclip.tasks import CLASSIFICATION


def load_model(file: str | Path, device: str | None = None) -> TrainedModel:
    """Load a trained detector, segmentation model, or classifier of images or videos.

    Args:
        file: The light file of a fine-tuning (``W/best.pth``), its folder ``W``, a training
            checkpoint of a downstream task, or a model of a hub, ``hf-hub:org/name[@revision]``.
        device: ``cpu`` or ``cuda``; by default the GPU, if there is one.

    Raises:
        FileNotFoundError: There is no such file or model, or the hub cannot be reached.
        PermissionError: The hub refuses the token, or asks for one.
        ValueError: It is damaged, describes its model by what a file may not name, is of
            pre-training, or there is no such device.

    Example:
        >>> model = iclip.load_model("W/best.pth")
        >>> found = model.predict("street.jpg")
        >>> found.boxes, found.names
        >>> found.save("found.jpg")
    """
    return model_of(read_model_file(file), device)


def model_of(file: ModelFile, device: str | None = None) -> TrainedModel:
    """Build the model that a file describes, see :func:`load_model`.

    Raises:
        ValueError: It describes its model by what a file may not name, or there is no such device.
    """
    device = choose_device(device)
    try:
        predictor = _predictor(file, device)
    except ValueError:
        raise
    except Exception as error:  # what the settings of a damaged file make constructors raise
        raise ValueError(
            f"{file.path}: no model can be built as its config describes it: "
            f"{type(error).__name__}: {first_line(error)}"
        ) from error
    return TrainedModel(file, predictor, device)


def _predictor(file: ModelFile, device: str) -> ModelPredictor:
    """Build what predicts; imported here, since the frameworks take seconds."""
    if file.task == CLASSIFICATION:
        from iclip.predict.classifier import Classifier

        return Classifier(file.config, file.weights, file.classes, device, file.path)
    from iclip.openmmlab.described_models import described_config
    from iclip.openmmlab.predict.network import StoredModel
    from iclip.openmmlab.predict.predictors import predictor_of

    cfg = described_config(file.config, file.task, str(file.path))
    meta = {"dataset_meta": {"classes": file.classes, "palette": file.palette}}
    return predictor_of(StoredModel(cfg, file.weights, meta, device, file.path))


def choose_device(device: str | None) -> str:
    """Return the device to compute on; None stands for the GPU, if there is one.

    Raises:
        ValueError: There is no such device.
    """
    import torch

    has_gpu = torch.cuda.is_available()
    if device is None:
        return "cuda" if has_gpu else "cpu"
    if device.partition(":")[0] not in ("cpu", "cuda"):
        raise ValueError(f"device={device!r}: take 'cpu' or 'cuda'")
    if device.startswith("cuda") and not has_gpu:
        raise ValueError(f"device={device!r}: torch finds no GPU here; leave it out, or take 'cpu'")
    return device
