"""What a user of tools/test.py meets before anything is evaluated."""

from pathlib import Path

import pytest

from iclip.commands import test as command
from iclip.commands.command_line import main


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["configs/absent.py", "{there}"], "config configs/absent.py does not exist"),
        (["{config}", "absent.pth"], "absent.pth does not exist"),
        (["{config}", "{there}", "--json", "absent/m.json"], "--json absent/m.json: there is no"),
        (["{config}", "{there}", "--cfg-options", "modle.width=2"], "is model.width meant?"),
        (["{config}", "{there}", "--tta"], "--tta: {config} is of no known task; test-time augm"),
        (["{broken}", "{there}"], "broken.py, line 2: NameError: name 'rate' is not defined"),
    ],
    ids=["config", "checkpoint", "folder of the figures", "option", "views", "fault in the config"],
)
def test_mistake_is_one_message(
    arguments: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    files = {name: tmp_path / f"{name}.py" for name in ("there", "config", "broken")}
    files["there"].touch()
    files["config"].write_text("model = dict(type='A', width=1)\n")
    files["broken"].write_text("width = 2\nlr = rate\n")
    assert main(command, [argument.format(**files) for argument in arguments]) == 2
    error = capsys.readouterr().err
    assert told.format(**files) in error
    assert "Traceback" not in error
