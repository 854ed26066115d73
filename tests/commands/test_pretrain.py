"""``iclip pretrain CONFIG [GPUS]`` is ``train`` with a number behind the config."""

import argparse

import pytest

from iclip.commands import pretrain, train
from iclip.commands.command_line import main


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[argparse.Namespace]:
    """What ``train`` is asked for."""
    calls: list[argparse.Namespace] = []
    monkeypatch.setattr(train, "run", calls.append)
    return calls


@pytest.mark.parametrize(
    ("arguments", "gpus"),
    [
        (["c.py"], "all"),
        (["c.py", "2", "--device", "cpu"], "2"),
        (["c.py", "--gpus", "3"], "3"),
        (["c.py", "all", "--resume"], "all"),
    ],
)
def test_number_of_gpus_stands_behind_the_config(
    arguments: list[str], gpus: str, asked: list[argparse.Namespace]
) -> None:
    assert main(pretrain, arguments, "iclip pretrain") == 0
    (options,) = asked
    assert (options.config, options.gpus) == ("c.py", gpus)
    # Each rank runs this command with the arguments as given.
    assert (options.command, options.arguments) == ("pretrain", arguments)


def test_number_is_given_once(
    asked: list[argparse.Namespace], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(pretrain, ["c.py", "2", "--gpus", "3"]) == 2
    assert "GPUS is 2 and --gpus 3: give the number of GPUs once" in capsys.readouterr().err
    assert not asked
