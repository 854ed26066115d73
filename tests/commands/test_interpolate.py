"""The command line of interpolation."""

from pathlib import Path

import pytest
import torch

from iclip.checkpoints import load_checkpoint
from iclip.commands import interpolate
from iclip.commands.command_line import main
from iclip.text.class_texts import write_class_texts
from tests.support.made_up_embeddings import made_up_embeddings
from tests.support.zero_shot_models import micro

__all__ = ["micro"]
TOY = Path(__file__).resolve().parents[2] / "downstream/toy/k400_video_swin_text.py"


def save(path: Path, value: float, **meta: object) -> str:
    torch.save({"state_dict": {"w": torch.tensor([value])}, "meta": dict(meta)}, path)
    return str(path)


def test_mean_of_two_files_says_what_it_was_made_of(tmp_path: Path, capsys):
    files = [
        save(tmp_path / "a.pth", 1.0),
        save(tmp_path / "b.pth", 3.0, cfg="c", figures={"x": 1}),
    ]
    out = tmp_path / "new" / "half.pth"
    assert main(interpolate, [*files, "--share", "0.25", "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert f"0.75 x {files[0]} + 0.25 x {files[1]}, 1 tensors between the two, 0 equal" in told
    written = load_checkpoint(out)
    assert written["state_dict"]["w"].item() == 1.5
    made_of = {"first": "a.pth", "second": "b.pth", "share": 0.25}
    assert written["meta"] == {"cfg": "c", "figures": {}, "interpolation": made_of}


def test_existing_file_is_replaced_only_by_force(tmp_path: Path, capsys):
    arguments = [save(tmp_path / "a.pth", 1.0), save(tmp_path / "b.pth", 3.0)]
    arguments += ["--out", arguments[0]]
    assert main(interpolate, arguments) == 2
    assert "is there already: name another, or add --force" in capsys.readouterr().err
    assert load_checkpoint(arguments[0])["state_dict"]["w"].item() == 1.0
    assert main(interpolate, [*arguments, "--force"]) == 0


def test_files_that_do_not_fit_are_named_and_nothing_is_written(tmp_path: Path, capsys):
    first = save(tmp_path / "a.pth", 1.0)
    torch.save({"state_dict": {"v": torch.ones(1)}, "meta": {}}, tmp_path / "b.pth")
    out = tmp_path / "out.pth"
    assert main(interpolate, [first, str(tmp_path / "b.pth"), "--out", str(out)]) == 2
    assert "a.pth and " in (told := capsys.readouterr().err) and "only in the first (1): w" in told
    assert not out.exists()


def test_checkpoint_option_is_for_configs(tmp_path: Path, capsys):
    files = [save(tmp_path / "a.pth", 1.0), save(tmp_path / "b.pth", 3.0)]
    arguments = [*files, "--checkpoint", "c.pth", "--out", str(tmp_path / "out.pth")]
    assert main(interpolate, arguments) == 2
    assert "--checkpoint c.pth is for a config, and A is the checkpoint" in capsys.readouterr().err


@pytest.fixture
def config(micro: Path, tmp_path: Path) -> Path:
    """A config of the toy's video by words, whose network fits a made-up pre-training."""
    write_class_texts(tmp_path / "texts.jsonl", made_up_embeddings(("ant", "bee"), 16).texts)
    path = tmp_path / "config.py"
    path.write_text(
        f"_base_ = {str(TOY)!r}\n"
        "model = dict(\n"
        "    backbone=dict(arch=dict(embed_dims=24, depths=(1, 1), num_heads=(1, 2)),\n"
        f"                  checkpoint={str(micro)!r}),\n"
        "    cls_head=dict(num_classes=2, in_channels=48, classifier=dict(\n"
        f"        embed_dim=16, class_texts={str(tmp_path / 'texts.jsonl')!r},\n"
        f"        checkpoint={str(micro)!r})))\n"
    )
    return path


def test_model_of_a_config_starts_as_its_training_does(config: Path, micro: Path, capsys):
    start = interpolate.initial_weights(str(config), None)
    pretrained = load_checkpoint(micro)["state_dict"]
    assert torch.equal(
        start["cls_head.fc_cls.projection.weight"], pretrained["image_projection.weight"]
    )
    tuned = {name: t + 1 if name.endswith("norm.weight") else t for name, t in start.items()}
    torch.save({"state_dict": tuned, "meta": {}}, config.with_name("tuned.pth"))
    out = config.with_name("half.pth")
    arguments = [str(config), str(config.with_name("tuned.pth")), "--out", str(out)]
    assert main(interpolate, arguments) == 0
    found = load_checkpoint(out)["state_dict"]
    for name, tensor in start.items():
        expected = tensor + 0.5 if name.endswith("norm.weight") else tensor
        torch.testing.assert_close(found[name], expected)


def test_random_starts_are_refused(config: Path, capsys):
    text = config.read_text() + "model['cls_head']['classifier']['projection'] = 'new'\n"
    config.write_text(text)
    assert main(interpolate, [str(config), save(config.with_name("b.pth"), 1.0), "--out", "x"]) == 2
    told = capsys.readouterr().err
    assert "starts 1 tensors at random: cls_head.fc_cls.projection.weight" in told
