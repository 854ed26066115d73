"""Options that mean the same in every command that has them."""

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest

from iclip.commands import options


def parsed(add: Callable[[argparse.ArgumentParser], None], *line: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add(parser)
    return parser.parse_args(line)


@pytest.mark.parametrize(
    ("environment", "line", "expected"),
    [
        ({}, (), "data"),
        ({"ICLIP_DATA": "/elsewhere"}, (), "/elsewhere"),
        ({"ICLIP_DATA": "/elsewhere"}, ("--data-root", "here"), "here"),
    ],
)
def test_data_root_is_the_option_then_the_environment_then_data(
    environment: dict[str, str], line: tuple[str, ...], expected: str,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    monkeypatch.delenv("ICLIP_DATA", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert parsed(options.add_data_root_option, *line).data_root == Path(expected)


def test_what_was_not_asked_for_is_left_to_the_model_and_the_machine():
    args = parsed(options.add_embedding_options, "a.pth")
    left = ("image_size", "resize", "precision", "batch_size", "device")
    assert {getattr(args, name) for name in left} == {None}
    assert (args.workers, args.cache) == (0, Path("work_dirs/embeddings"))


@pytest.mark.parametrize(
    ("add", "line"),
    [
        (options.add_embedding_options, ("a.pth", "--precision", "int8")),
        (options.add_device_option, ("--device", "gpu")),
        (options.add_launch_options, ("--launcher", "mpi")),
    ],
)
def test_an_unknown_choice_is_refused(
    add: Callable[[argparse.ArgumentParser], None], line: tuple[str, ...],
    capsys: pytest.CaptureFixture,
):  # fmt: skip
    with pytest.raises(SystemExit, match="2"):
        parsed(add, *line)
    assert f"invalid choice: '{line[-1]}'" in capsys.readouterr().err


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "config.py"
    path.write_text("train_cfg = dict(max_iters=5, val_interval=2)\nscales = [1, 2]\n")
    return str(path)


def read(config: str, *line: str):
    args = parsed(options.add_config_options, *line)
    args.config = config
    return options.read_config_of(args)


def test_a_config_is_read_as_it_is_without_options(config: str):
    cfg = read(config)
    assert (cfg.train_cfg, cfg.scales) == ({"max_iters": 5, "val_interval": 2}, [1, 2])


def test_options_change_only_the_settings_that_they_name(config: str):
    cfg = read(config, "--cfg-options", "train_cfg.max_iters=100", "scales=3,4")
    assert (cfg.train_cfg, cfg.scales) == ({"max_iters": 100, "val_interval": 2}, [3, 4])


def test_a_misspelt_option_is_an_error(config: str):
    with pytest.raises(ValueError, match=r"train_cfg\.max_itrs.*max_iters"):
        read(config, "--cfg-options", "train_cfg.max_itrs=100")


@pytest.mark.parametrize(
    ("line", "sizes"),
    [
        ((), (None, None)),
        (("--global-batch-size", "96", "--micro-batch-size", "12"), (96, 12)),
        (("--micro-batch-size", "auto"), (None, "auto")),
    ],
)
def test_batch_is_a_number_and_its_parts_may_be_found_out(
    line: tuple[str, ...], sizes: tuple[int | None, int | str | None]
):
    args = parsed(options.add_batch_options, *line)
    assert (args.global_batch_size, args.micro_batch_size) == sizes


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("--global-batch-size", "invalid int value: 'many'"),
        ("--micro-batch-size", "'many' is neither a number nor 'auto'"),
    ],
)
def test_batch_that_is_not_a_number_is_refused(
    option: str, expected: str, capsys: pytest.CaptureFixture
):
    with pytest.raises(SystemExit):
        parsed(options.add_batch_options, option, "many")
    assert f"argument {option}: {expected}" in capsys.readouterr().err


@pytest.mark.parametrize(("environment", "line"), [("data", ["s3://b/d"]), ("s3://b/d", [])])
def test_url_of_a_data_root_is_refused(
    environment: str, line: list[str], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):  # fmt: skip
    monkeypatch.setenv("ICLIP_DATA", environment)
    with pytest.raises(SystemExit):
        parsed(
            options.add_data_root_option, *(part for url in line for part in ("--data-root", url))
        )
    assert (
        "is a URL, and this command reads local files: copy them, or mou" in capsys.readouterr().err
    )
