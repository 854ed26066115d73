import io
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from iclip.text.class_texts import ClassText, ClassTexts
from tests.support import tar_files


def draw(height: int = 24, width: int = 32, seed: int = 0, mode: str = "RGB") -> Image.Image:
    """A smooth picture: JPEG keeps it, and resizing it is not noise."""
    noise = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC).convert(mode)


@pytest.fixture(scope="session")
def picture() -> Callable[..., Image.Image]:
    return draw


@pytest.fixture(scope="session")
def encode() -> Callable[..., bytes]:
    def encode(
        height: int = 24,
        width: int = 32,
        seed: int = 0,
        mode: str = "RGB",
        format: str = "JPEG",
        **options: object,
    ) -> bytes:
        file = io.BytesIO()
        draw(height, width, seed, mode).save(file, format, **options)
        return file.getvalue()

    return encode


@pytest.fixture
def write_tar() -> Callable[..., Path]:
    return tar_files.write_tar


@pytest.fixture
def write_shard(
    write_tar: Callable[..., Path], encode: Callable[..., bytes]
) -> Callable[..., Path]:
    """A tar as img2dataset writes it; the i-th picture is drawn with the seed first + i."""

    def write_shard(path: Path, first: int, captions: Iterable[str | None]) -> Path:
        members = []
        for number, caption in enumerate(captions, first):
            members.append((f"{number:09d}.jpg", encode(seed=number)))
            members.append((f"{number:09d}.json", json.dumps({"caption": caption}).encode()))
            if caption is not None:
                members.append((f"{number:09d}.txt", caption.encode()))
        return write_tar(path, members, mtime=1.5)

    return write_shard


@pytest.fixture
def write_classes(tmp_path: Path, encode: Callable[..., bytes]) -> Callable[..., Path]:
    """A folder a class; images are numbered through, and drawn with their number as seed."""

    def write_classes(counts: Mapping[str, int], root: Path = tmp_path / "labelled") -> Path:
        number = 0
        for name, count in counts.items():
            (root / name).mkdir(parents=True)
            for _ in range(count):
                (root / name / f"{number:03d}.jpg").write_bytes(encode(seed=number))
                number += 1
        return root

    return write_classes


@pytest.fixture(scope="session")
def class_texts() -> Callable[..., ClassTexts]:
    return lambda *ids: ClassTexts(ClassText(id, (f"name of {id}",)) for id in ids)


class CharacterTokenizer:
    """Ids that show what was tokenised: the code points of the first characters."""

    context_length = 12

    def __call__(self, texts: list[str]) -> torch.Tensor:
        rows = torch.zeros(len(texts), self.context_length, dtype=torch.int64)
        for row, text in zip(rows, texts, strict=True):
            for place, character in enumerate(text[: self.context_length]):
                row[place] = ord(character)
        return rows

    @staticmethod
    def decode(row: torch.Tensor) -> str:
        return "".join(chr(code) for code in row.tolist() if code)


@pytest.fixture(scope="session")
def tokenizer() -> CharacterTokenizer:
    return CharacterTokenizer()
