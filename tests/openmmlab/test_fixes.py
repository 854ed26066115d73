"""Importing iclip.openmmlab mends what is broken, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest


def python(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_all_frameworks_import_and_keep_their_versions():
    out = python(
        "import iclip.openmmlab, importlib.metadata as m\n"
        "import mmcv, mmdet, mmseg, mmaction\n"
        "import mmcv.ops, mmdet.models, mmseg.models, mmaction.models\n"
        "print([x.__version__ for x in (mmcv, mmdet, mmseg, mmaction)] == "
        "[m.version(n) for n in ('mmcv-lite', 'mmdet', 'mmsegmentation', 'mmaction2')])"
    )
    assert out.splitlines()[-1] == "True"


def test_compiled_operators_have_precedence(tmp_path: Path):
    out = python(
        "import sys, types\n"
        "own = sys.modules['mmcv._ext'] = types.ModuleType('mmcv._ext')\n"
        "from iclip.openmmlab import FIXES\n"
        "print(sys.modules['mmcv._ext'] is own, [f.active for f in FIXES if 'oper' in f.name])"
    )
    assert out.strip() == "True [False]"


def test_without_the_frameworks_nothing_is_done():
    out = python(
        "import importlib.util as u\n"
        "find = u.find_spec\n"
        "names = ('mmcv', 'mmaction')\n"
        "u.find_spec = lambda n, *a: None if n.split('.')[0] in names else find(n, *a)\n"
        "from iclip.openmmlab import FIXES\n"
        "print([f.active for f in FIXES])"
    )
    assert out.strip() == "[False, False, False]"


def test_pretraining_does_not_import_the_frameworks():
    out = python(
        "import sys, iclip.models, iclip.datasets, iclip.engine, iclip.evaluation\n"
        "print([n for n in ('mmcv', 'mmdet', 'mmseg', 'mmaction') if n in sys.modules])"
    )
    assert out.strip() == "[]"


def test_what_the_wheel_lacks_says_so_when_built():
    out = python(
        "import iclip.openmmlab\n"
        "from mmaction.models.localizers.drn.drn import DRN\n"
        "try: DRN()\n"
        "except NotImplementedError as error: print(error)"
    )
    assert "issue 2714" in out or out == ""


@pytest.mark.parametrize("field", ["reason", "thread", "retires"])
def test_each_fix_states_its(field: str):
    from iclip.openmmlab import FIXES

    assert all(getattr(fix, field) for fix in FIXES)
