"""The page of a model that needs no training, in a process of its own.

    python -m tests.support.demo_page TASK [IMAGE ...]

It prints the page's address, and each address outside of this machine that the process asks for.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def report_connections(event: str, arguments: tuple[Any, ...]) -> None:
    """Print where a connection goes that leaves this machine (an audit hook of Python's)."""
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and not str(address[0]).startswith(("127.", "::1")):
            print(f"ASKED {address}", flush=True)
    elif event == "socket.getaddrinfo" and arguments[0] not in (None, "127.0.0.1", "localhost"):
        print(f"ASKED {arguments[0]}", flush=True)


class LooksAtColors:
    """Stands in for a trained model: finds as many cups as the image has pure red pixels."""

    classes = ("cup", "dog")
    device = "cpu"

    def __init__(self, task: str) -> None:
        self.task = task

    def predict(self, image: Image.Image, score_threshold: float) -> list[Any]:
        from iclip.predictions import Prediction

        pixels = np.array(image)
        if not pixels.any():
            raise ValueError("an image without light")
        cups = int((pixels == (255, 0, 0)).all(axis=2).sum())
        labels, scores = np.zeros(cups, np.int64), np.full(cups, 0.875, np.float32)
        boxes = np.zeros((cups, 4), np.float32)
        drawn = pixels.copy()
        return [Prediction(self.task, self.classes, labels, scores, boxes, drawn=lambda _: drawn)]


class AllAlike:
    """Stands in for the search: each image resembles the given one."""

    def __init__(self, files: list[Path]) -> None:
        self.files = files

    def find(self, image: Image.Image, count: int) -> list[Any]:
        from iclip.demo.similar_images import Similar

        return [Similar(file, 0.5) for file in self.files[:count]]


def main(task: str, *images: str) -> None:
    """Serve the page until a signal."""
    sys.addaudithook(report_connections)
    from iclip.demo.local_server import listen, quiet_gradio, serve

    files = [Path(image) for image in images]
    with listen(0) as listening, quiet_gradio() as uploads:
        from iclip.demo.page import build_page

        page = build_page(LooksAtColors(task), files, AllAlike(files))  # type: ignore[arg-type]
        print(f"UPLOADS {uploads}", flush=True)
        print(f"READY http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        serve(page, listening, [str(file) for file in files])


if __name__ == "__main__":
    main(*sys.argv[1:])
