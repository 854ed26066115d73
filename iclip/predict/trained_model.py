"""A trained model that predicts on what a user has: files, folders, videos, arrays."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from iclip.checkpoints.model_files import ModelFile
from iclip.checkpoints.model_folders import CONFIG
from iclip.predict.input_decoding import short_reason
from iclip.predict.inputs import InputFile
from iclip.predict.predict_files import FAULTS, ModelPredictor, explain_transforms
from iclip.predict.sources import Input, Source, contents, open_inputs
from iclip.predictions import Prediction, Predictions
from iclip.words import ClassEmbeddings, classes_for


class TrainedModel:
    """A detector, segmentation model, or classifier of images or videos.

    Built by :func:`iclip.load_model`.

    Attributes:
        task: ``detection``, ``segmentation``, ``video`` or ``classification``.
        classes: Names of its classes, in the order of labels.
        config: The resolved config that it was trained with, plain values.
        figures: Its scores by name, as its file states them.
        device: Where it computes: ``cpu`` or ``cuda``.
        predictor: What computes, on decoded images.
    """

    def __init__(self, file: ModelFile, predictor: ModelPredictor, device: str) -> None:
        self.task = file.task
        self.classes = tuple(predictor.classes)
        self.config: Mapping[str, Any] = file.config
        self.figures = file.figures
        self.device = device
        self.predictor = predictor
        # Without the weights, which the predictor has.
        self._file = replace(file, weights={})

    def with_classes(
        self, classes: str | Sequence[str], text_tower: str | None = None
    ) -> "TrainedModel":
        """Return this model with other classes, if it knows its own by words.

        It is read from its file again; this one stays as it is.

        Args:
            classes: Words between commas, a list of names, a class-text table, a text file with a
                name per line, or a file that ``iclip words`` wrote.
            text_tower: The pre-training whose text tower embeds words, in any form that
                ``iclip zeroshot`` takes; a file of ``iclip words`` needs none.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: The model's classifier is linear; there is no text tower, or one of another
                joint space; or words are empty, come twice or are longer than the context.

        Example:
            >>> model = iclip.load_model("W/best.pth")
            >>> model = model.with_classes("red fox, school bus", text_tower="CKPT")
        """
        from iclip.predict.load_model import load_model

        embeddings = classes_for(
            self.config.get("model"), classes, text_tower, str(self._file.path), option="classes",
            tower_option="text_tower=", trained_with=self._file.text_tower, device=self.device,
        )  # fmt: skip
        if embeddings.warning:
            warnings.warn(embeddings.warning, stacklevel=2)
        file = self._file.path
        changed = load_model(file.parent if file.name == CONFIG else file, self.device)
        changed.set_classes(embeddings)
        return changed

    def set_classes(self, embeddings: ClassEmbeddings) -> None:
        """Take other classes in place; see :meth:`with_classes`.

        Raises:
            ValueError: They are of another joint space.
        """
        self.predictor.set_classes(embeddings)
        self.classes = tuple(self.predictor.classes)

    def __repr__(self) -> str:
        return f"<TrainedModel of {self.task}, {len(self.classes)} classes, on {self.device}>"

    def predict(
        self,
        inputs: Input | Sequence[Input],
        *,
        score_threshold: float = 0.3,
        batch_size: int = 1,
        every: float = 1.0,
        skip_unreadable: bool = False,
    ) -> Predictions:
        """Predict on images or videos.

        Args:
            inputs: A path of an image, a video or a folder of them at any depth; an array (H, W, 3)
                of uint8, RGB; an image that Pillow has opened; or a list of these. Models of videos
                take paths of videos. Of a video, other models take a frame of each interval.
            score_threshold: Boxes with lower scores are left out.
            batch_size: Images or videos that are computed at once; the predictions are those of one
                by one.
            every: Seconds between the frames of a video.
            skip_unreadable: Go on behind a file that fails, and list it in the result's ``failed``;
                otherwise it is an error.

        Raises:
            FileNotFoundError: A path does not exist.
            ValueError: An input is not one that the model takes, cannot be decoded, or an argument
                is out of its range.
        """
        _check(score_threshold, batch_size, every)
        entries = open_inputs(inputs, self.predictor.takes_videos)
        failed: dict[str, str] | None = {} if skip_unreadable else None
        found = [
            prediction.above(score_threshold)
            for batch in _batches(self._contents(entries, every, failed), batch_size)
            for prediction in self._predict(batch, failed)
        ]
        return Predictions(found, self.task, self.classes, failed)

    def _contents(
        self,
        entries: Sequence[InputFile | Source],
        every: float,
        failed: dict[str, str] | None,
    ) -> Iterator[tuple[Source, Any]]:
        """Decode inputs; one that fails ends the walk, or is noted."""
        for entry in entries:
            try:
                yield from contents(entry, self.predictor.takes_videos, every)
            except FAULTS as error:
                _note(entry, error, failed)

    def _predict(
        self, batch: Sequence[tuple[Source, Any]], failed: dict[str, str] | None
    ) -> Iterator[Prediction]:
        """Predict on a batch; if it fails, on one by one, so that only the culprit fails."""
        try:
            with explain_transforms([content for _, content in batch]):
                found = self.predictor.predict([content for _, content in batch])
        except FAULTS as error:
            if len(batch) == 1:
                _note(batch[0][0], error, failed)
            else:
                for entry in batch:
                    yield from self._predict([entry], failed)
            return
        for (source, _), prediction in zip(batch, found, strict=True):
            yield replace(
                prediction,
                title=source.title,
                file=source.file,
                seconds=source.seconds,
                drawn=partial(self._draw, source),
            )

    def _draw(self, source: Source, prediction: Prediction) -> Any:
        return self.predictor.draw(source.read(), prediction)


def _note(source: InputFile | Source, error: Exception, failed: dict[str, str] | None) -> None:
    """Note why an input failed, or raise an error that names it."""
    path = source.path if isinstance(source, InputFile) else source.file
    name = source.title if path is None else str(path)
    if failed is None:
        raise ValueError(f"{name} cannot be predicted on: {short_reason(error)}") from error
    failed[name] = short_reason(error)


def _check(score_threshold: float, batch_size: int, every: float) -> None:
    if not 0 <= score_threshold <= 1:
        raise ValueError(f"score_threshold={score_threshold!r}: give a number from 0 to 1")
    if not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"batch_size={batch_size!r}: give a whole number from 1 up")
    if not every > 0:
        raise ValueError(f"every={every!r}: give seconds above 0")


def _batches(
    entries: Iterator[tuple[Source, Any]], size: int
) -> Iterator[list[tuple[Source, Any]]]:
    batch: list[tuple[Source, Any]] = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
