"""Caption files in Karpathy's and in COCO's format."""

import json
from pathlib import Path
from typing import Any


def karpathy(names: list[str], captions: int = 5) -> dict[str, Any]:
    return {
        "images": [
            {
                "filename": name,
                "split": "test",
                "sentences": [{"raw": f"caption {i}"} for i in range(captions)],
            }
            for name in names
        ]
    }


def coco(names: list[str], captions: int = 5) -> dict[str, Any]:
    return {
        "images": [{"id": i, "file_name": name} for i, name in enumerate(names)],
        "annotations": [
            {"image_id": i, "caption": f"caption {j}"}
            for i in range(len(names))
            for j in range(captions)
        ],
    }


def write_json(path: Path, content: Any, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding=encoding)
    return path
