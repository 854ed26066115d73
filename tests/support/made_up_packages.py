"""Configs of made-up packages of OpenMMLab."""

from pathlib import Path


def write_config(root: Path, name: str, text: str) -> Path:
    path = root / ".mim" / "configs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path
