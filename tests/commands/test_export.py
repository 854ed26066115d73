"""The command line of the export: what it prints and when it stops."""

from pathlib import Path
from typing import Any

import torch

from iclip.commands import export
from iclip.commands.command_line import main
from tests.support.random_backbone import SIZES, random_backbone


def save(path: Path, *others: str, **settings: Any) -> str:
    """A checkpoint of a small Swin, with further tensors."""
    weights = random_backbone(arch=SIZES, **settings).state_dict()
    weights = {f"backbone.{name}": tensor for name, tensor in weights.items()}
    torch.save({"state_dict": weights | {name: torch.ones(1) for name in others}}, path)
    return str(path)


def test_what_was_written_and_left_out_is_said(tmp_path: Path, capsys):
    checkpoint = save(tmp_path / "a.pth", "logit_scale")
    out = str(tmp_path / "swin.safetensors")
    assert main(export, [checkpoint, "--layout", "timm", "--out", out]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"{out}: 119 tensors, 1.3 M numbers")
    assert "left out (1): logit_scale" in printed
    assert "load with: timm.create_model(" in printed


def test_existing_file_is_replaced_only_by_force(tmp_path: Path, capsys):
    out = str(tmp_path / "swin.safetensors")
    arguments = [save(tmp_path / "a.pth"), "--layout", "timm", "--out", out]
    assert main(export, arguments) == 0
    assert main(export, arguments) == 2
    assert "--force" in capsys.readouterr().err
    assert main(export, [*arguments, "--force"]) == 0


def test_absent_checkpoint_is_the_users_mistake(tmp_path: Path, capsys):
    arguments = [str(tmp_path / "no.pth"), "--layout", "timm", "--out", str(tmp_path / "out.pth")]
    assert main(export, arguments) == 2
    assert "no.pth does not exist" in capsys.readouterr().err


def test_notes_on_the_class_are_printed(tmp_path: Path, capsys):
    checkpoint = save(tmp_path / "run.pth")
    out = str(tmp_path / "out.pth")
    assert main(export, [checkpoint, "--layout", "openmmlab", "--out", out]) == 0
    assert "new in the class: norm0, norm1, norm2, norms of maps" in capsys.readouterr().out


def test_leaving_out_norms_is_proposed_and_reported(tmp_path: Path, capsys):
    file = save(tmp_path / "det.pth", "neck.0", "neck.1", out_indices=(0, 1, 2, 3))
    arguments = [file, "--layout", "timm", "--out", str(tmp_path / "swin.pth")]
    assert main(export, arguments) == 2
    assert "--leave-out norm0 norm1 norm2" in capsys.readouterr().err
    assert main(export, [*arguments, "--leave-out", "norm0", "norm1", "norm2"]) == 0
    assert "left out (8): norm0.weight" in capsys.readouterr().out
