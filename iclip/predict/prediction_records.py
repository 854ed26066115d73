"""Keep pictures and records of predictions as they are made, without overwriting any."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from iclip.files.atomic import write_atomically

JOURNAL = "predictions.jsonl"
RECORDS = "predictions.json"
# The keys of a line that tell which content of a file, and which frame, it is about.
_SOURCE = ("file", "bytes", "modified", "seconds")
Key = tuple[str, int, int, float | None]


class PredictionRecords:
    """A folder of pictures with a line for each in ``predictions.jsonl``.

    The first line holds the model and the settings of the predictions. A later command with the
    same settings continues: a prediction is there if it has a line and a picture and if its file
    has not changed since. At the end, ``predictions.json`` holds the records by picture.

    Args:
        folder: The folder; it is made if it does not exist.
        settings: The settings of the predictions, plain values.

    Raises:
        ValueError: The folder holds predictions of other settings, or the journal is damaged.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self.folder = folder
        self._settings = dict(settings)
        self._lines: dict[Key, dict[str, Any]] = {}
        self._journal: TextIO

    def __enter__(self) -> "PredictionRecords":
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / JOURNAL
        if path.exists():
            self._read(path)
        elif (self.folder / RECORDS).exists():
            raise ValueError(
                f"--out {self.folder} holds {RECORDS} without {JOURNAL}: predictions of something "
                "else, which are not overwritten. Name another folder"
            )
        # A name's bytes that are not UTF-8 come as escapes, which JSON turns back.
        self._journal = path.open("a", encoding="utf-8", errors="backslashreplace")
        if path.stat().st_size == 0:
            self._write({"settings": self._settings})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._journal.close()

    def __len__(self) -> int:
        return len(self._lines)

    def has(self, file: Path, seconds: float | None = None) -> bool:
        """Whether a file as it is now, or its frame at a time, has a prediction."""
        return _key(file, seconds) in self._lines

    def add(
        self,
        title: str,
        picture: npt.NDArray[np.uint8],
        record: Mapping[str, Any],
        file: Path,
        seconds: float | None = None,
    ) -> None:
        """Write a picture under a free name, and its line.

        Args:
            title: The beginning of the name.
            picture: (H, W, 3), RGB.
            record: The prediction, plain values.
            file: The file that was predicted on.
            seconds: Time of the frame; None: an image or a whole video.

        Raises:
            OSError: The picture or the line could not be written.
        """
        key = _key(file, seconds)
        source = {k: v for k, v in zip(_SOURCE, key, strict=True) if v is not None}
        encoded = io.BytesIO()
        Image.fromarray(picture).save(encoded, "JPEG", quality=90)
        path = self._write_free(title, encoded.getvalue())
        try:
            line = {"picture": path.name, **source, **record}
            self._write(line)
        except BaseException:  # a picture without a line would never be found again
            path.unlink()
            raise
        self._lines[key] = line

    def finish(self) -> None:
        """Write ``predictions.json`` when all is done."""
        content = _as_json(self.by_picture(), indent=1) + "\n"
        write_atomically(self.folder / RECORDS, content)

    def by_picture(self) -> dict[str, dict[str, Any]]:
        """Return the records by picture, each with its file and its frame's time."""
        return {
            line["picture"]: {
                k: v for k, v in line.items() if k not in ("picture", "bytes", "modified")
            }
            for line in self._lines.values()
        }

    def _write_free(self, title: str, content: bytes) -> Path:
        """Write a file under the title, with a number if the name is taken."""
        number = 1
        while True:
            name = f"{title}.jpg" if number == 1 else f"{title}_{number}.jpg"
            try:
                with (self.folder / name).open("xb") as file:
                    file.write(content)
                return self.folder / name
            except FileExistsError:
                number += 1

    def _write(self, line: Mapping[str, Any]) -> None:
        self._journal.write(_as_json(line) + "\n")
        self._journal.flush()

    def _read(self, path: Path) -> None:
        """Take over the lines of an earlier command, without a last line that was cut."""
        content = path.read_bytes()
        # A command that was killed may have written half a line.
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            with path.open("r+b") as file:
                file.truncate(len(whole))
        # Not splitlines: a name may hold other characters that it takes for the end of a line.
        lines = whole.decode(errors="replace").split("\n")[:-1]
        for number, text in enumerate(lines, start=1):
            try:
                line = json.loads(text)
                if number == 1:
                    self._check_settings(line["settings"])
                elif (self.folder / line["picture"]).is_file():
                    key = (line["file"], line["bytes"], line["modified"], line.get("seconds"))
                    self._lines[key] = line
            except (KeyError, TypeError, json.JSONDecodeError) as error:
                raise ValueError(
                    f"{path}, line {number} is not a line of predictions ({error}). Name another "
                    "folder with --out, or remove the line"
                ) from error

    def _check_settings(self, settings: Mapping[str, Any]) -> None:
        """Check that the folder's predictions have the settings of this command."""
        other = [
            f"{name} {settings.get(name)!r}, now {value!r}"
            for name, value in self._settings.items()
            if settings.get(name) != value
        ]
        if other:
            raise ValueError(
                f"--out {self.folder} holds predictions with other settings ({'; '.join(other)}). "
                "Name another folder"
            )


def _key(file: Path, seconds: float | None) -> Key:
    """Identify a file's content by path, size and time, as rsync does."""
    state = file.stat()
    return str(file.resolve()), state.st_size, state.st_mtime_ns, seconds


def _as_json(value: Any, indent: int | None = None) -> str:
    """Write JSON that people can read, or where a file's name is not text, in ASCII."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent)
    return text
