"""What the commands do that predict on files: a folder of pictures, and forms for other tools."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iclip.files.one_owner import one_owner
from iclip.messages import counted
from iclip.tasks import DETECTION

if TYPE_CHECKING:
    from iclip.predict.inputs import InputFile
    from iclip.predict.predict_files import Predictor


def predict_into(
    folder: Path,
    predictor: "Predictor",
    task: str,
    files: Sequence["InputFile"],
    formats: Sequence[str],
    settings: Mapping[str, Any],
    score_threshold: float,
    every: float,
) -> None:
    """Predict on files, write what was found, and say where it is.

    Args:
        folder: For the pictures; see :mod:`iclip.predict.predict_files`.
        predictor: The model.
        task: Of its predictions, one of :mod:`iclip.tasks`.
        files: Images or videos.
        formats: What is written beside the pictures, see :mod:`iclip.predictions.formats`.
        settings: What tells these predictions from others, plain values.
        score_threshold: Boxes with lower scores are left out.
        every: Seconds between the frames of a video.

    Raises:
        KeyboardInterrupt: The user has stopped it; what is complete is said.
        ValueError: Files have failed, after the others were done; the folder holds predictions
            with other settings, or another command writes into it.
    """
    from iclip.predict.predict_files import predict_files
    from iclip.predictions.formats import write_formats
    from iclip.predictions.records import from_record, newest_records

    settings = {**settings, "score_threshold": score_threshold, "every": every}
    with one_owner(folder, "--out", print):
        try:
            outcome = predict_files(predictor, files, folder, score_threshold, every, settings)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(
                f"stopped; {folder.resolve()} holds what is complete (predictions.jsonl). The same "
                "command does the rest"
            ) from None
        done = outcome.done_before
        before = f", {done} of the files were done before" if done else ""
        print(f"{counted(len(outcome.records), 'picture')}: {folder.resolve()}{before}")
        found = [
            from_record(record, task, predictor.classes, Path(picture).stem)
            for picture, record in newest_records(outcome.records).items()
        ]
        empty = sum(task == DETECTION and not len(prediction) for prediction in found)
        if empty:
            print(
                f"{empty:,} of {counted(len(found), 'picture')} without a box: none has a score of "
                f"{score_threshold:g} (--score-threshold)"
            )
        for written in write_formats(formats, found, predictor.classes, folder):
            print(f"{counted(len(found), 'prediction')}: {written.resolve()}")
    if outcome.failed:
        raise ValueError(f"{outcome.problem()}. The others are done") from outcome.error
