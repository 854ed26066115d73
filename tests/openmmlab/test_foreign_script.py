"""A script that knows nothing of the hub runs as Python would run it, with the hub's types."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from iclip.openmmlab.__main__ import main
from iclip.openmmlab.foreign_script import SCRIPT_VARIABLE

SCRIPT = '''
# coding: latin-1
"""Caf\xe9."""
import json, os, sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import beside
from mmcv.ops import nms
from mmengine.registry import MODELS


class Theirs:
    value = 3


def work(theirs):
    return theirs.value, nms.__module__, __name__, os.path.basename(__file__), sys.argv


if __name__ == "__main__":
    arch = dict(embed_dims=8, depths=(1, 1), num_heads=(1, 1))
    model = MODELS.build(dict(type="iclip.SwinBackbone", arch=arch, out_indices=(0, 1)))
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        child = pool.submit(work, Theirs()).result()
    found = dict(
        argv=sys.argv, name=__name__, file=__file__, doc=__doc__, first=sys.path[0],
        main=sys.modules["__main__"].Theirs is Theirs, beside=beside.HERE,
        model=type(model).__name__, child=child, hub="iclip.openmmlab" in sys.modules,
        ours=sorted({"run_script", "main", "EXIT_USER_ERROR"} & {*globals()}),
    )
    print(json.dumps(found))
    sys.exit(7)
'''


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "iclip.openmmlab", *arguments],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The script's exit code and what it found, from a working directory that is not its own."""
    folder = tmp_path_factory.mktemp("theirs")
    (folder / "scripts").mkdir()
    (folder / "scripts/train.py").write_bytes(SCRIPT.lstrip().encode("latin-1"))
    (folder / "scripts/beside.py").write_text("HERE = __name__\n")
    # Would hide the one beside the script, if the working directory came first.
    (folder / "beside.py").write_text("raise RuntimeError('of the working directory')\n")
    done = run("scripts/train.py", "config.py", "--help", folder=folder)
    assert done.stdout, done.stderr
    return done.returncode, folder, json.loads(done.stdout.splitlines()[-1])


def test_script_is_the_main_module_and_ends_with_its_code(ended: Any) -> None:
    code, folder, found = ended
    assert code == 7
    assert found["name"] == "__main__" and found["main"]
    assert found["file"] == str(folder / "scripts/train.py")
    assert found["doc"] == "Caf\xe9." and found["ours"] == []


def test_script_has_its_arguments_and_imports_from_its_folder(ended: Any) -> None:
    _, folder, found = ended
    assert found["argv"] == ["scripts/train.py", "config.py", "--help"]
    assert found["first"] == str(folder / "scripts") and found["beside"] == "beside"


def test_config_finds_the_hubs_types(ended: Any) -> None:
    assert ended[2]["model"] == "SwinBackbone" and ended[2]["hub"]


def test_process_that_is_started_anew_has_the_operators_and_what_the_script_defines(
    ended: Any,
) -> None:
    value, module, name, file, argv = ended[2]["child"]
    assert value == 3 and module.startswith("mmcv.ops")
    assert (name, file) == ("__mp_main__", "train.py")
    assert argv == ended[2]["argv"]


def test_scripts_own_error_is_a_traceback_at_its_line(tmp_path: Path) -> None:
    script = tmp_path / "fails.py"
    script.write_text("x = 1\nraise KeyError('theirs')\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SCRIPT_VARIABLE, "")
        patch.setattr(sys, "argv", ["x"])
        patch.setattr(sys, "path", [*sys.path])
        patch.setitem(sys.modules, "__main__", sys.modules["__main__"])
        with pytest.raises(KeyError, match="theirs") as error:
            main([str(script)])
    assert (str(error.traceback[-1].path), error.traceback[-1].lineno) == (str(script), 1)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 2, "Run a script of others"),
        (["--help"], 0, "Run a script of others"),
        (["absent.py"], 2, "absent.py is not a file; name a Python script"),
        (["."], 2, ". is not a file; name a Python script"),
    ],
)
def test_without_a_script_it_says_how(
    arguments: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    shown = capsys.readouterr()
    assert told in shown.out + shown.err
