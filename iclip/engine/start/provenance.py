"""Where a run comes from, written into its folder at every start."""

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config

from iclip import __version__
from iclip.engine.saving.checkpoint_meta import versions
from iclip.engine.start.data_paths import data_paths
from iclip.files.atomic import write_atomically
from iclip.this_command import this_command

PROVENANCE_FILE = "provenance.json"
REPOSITORY = Path(__file__).resolve().parents[3]
# How many names of a folder its fingerprint covers: reading millions of them would take minutes.
MAX_FINGERPRINTED_NAMES = 100_000


def record_start(cfg: Config, data_root: Path, processes: int, batch: str | None = None) -> None:
    """Append this start to ``provenance.json`` in the run's work dir.

    Args:
        cfg: The run's resolved config, with ``work_dir``.
        data_root: The data root, as the config was read with it.
        processes: Number of ranks.
        batch: How the samples of a step are divided, such as ``12,288 = 8 GPUs x 8 x 192``.
    """
    file = Path(cfg.work_dir) / PROVENANCE_FILE
    starts = json.loads(file.read_text()) if file.is_file() else []
    starts.append(
        {
            "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "command": this_command(),
            "config": cfg.filename,
            "commit": commit(),
            "seed": (cfg.get("randomness") or {}).get("seed"),
            "resumed_from": cfg.get("load_from") if cfg.get("resume") else None,
            "processes": processes,
            "batch": batch,
            "hardware": hardware(),
            "versions": {"iclip": __version__, "python": platform.python_version(), **versions()},
            "data": {path: fingerprint(Path(path)) for path, _ in data_paths(cfg, data_root)},
        }
    )
    write_atomically(file, json.dumps(starts, indent=1) + "\n")


def commit() -> str | None:
    """Return the commit of the source, with ``+`` if files differ; None outside its repository."""
    if not (REPOSITORY / ".git").exists():  # of a worktree, it is a file
        return None  # an installed package, maybe in another project's repository
    try:
        head = _git("rev-parse", "--short=12", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def hardware() -> dict[str, Any]:
    """Return the processor, its cores, the memory in GB, and the GPUs."""
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory, 1),
        "gpus": gpus,
    }


def fingerprint(path: Path) -> str:
    """Return a hash that tells one version of a file or folder from another, in little time.

    It covers the size and the first mebibyte of a file; of a folder, the names in it (the first
    100,000), with the sizes of files.
    """
    digest = hashlib.sha256()
    if path.is_file():
        digest.update(str(path.stat().st_size).encode())
        with open(path, "rb") as file:
            digest.update(file.read(1 << 20))
    elif path.is_dir():
        entries = sorted(os.scandir(path), key=lambda entry: entry.name)[:MAX_FINGERPRINTED_NAMES]
        for entry in entries:
            size = entry.stat().st_size if entry.is_file() else "folder"
            digest.update(f"{entry.name}\0{size}\n".encode())
    else:
        return "absent"
    return digest.hexdigest()[:16]


def _git(*arguments: str) -> str:
    command: Sequence[str] = ("git", "-C", str(REPOSITORY), *arguments)
    return subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=20
    ).stdout.strip()


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names: Mapping[str, str] = {
        key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)
    }
    return names.get("model name") or platform.processor() or platform.machine()
