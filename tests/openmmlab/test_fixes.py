"""Importing iclip.openmmlab mends what is broken, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.config.utils import MODULE2PACKAGE
from mmengine.hub import get_config

from iclip.openmmlab import fixes


def python(code: str, path: Path | None = None) -> str:
    environment = os.environ | ({} if path is None else {"PYTHONPATH": str(path)})
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True, text=True, check=True, env=environment,
    ).stdout  # fmt: skip


def test_all_frameworks_import_and_keep_their_versions():
    out = python(
        "import iclip.openmmlab, importlib.metadata as m\n"
        "import mmcv, mmdet, mmseg, mmaction\n"
        "import mmcv.ops, mmdet.models, mmseg.models, mmaction.models\n"
        "owners = m.packages_distributions()\n"
        "print([x.__version__ for x in (mmcv, mmdet, mmseg, mmaction)] == "
        "[m.version(owners[n][0]) for n in ('mmcv', 'mmdet', 'mmseg', 'mmaction')])"
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
        "names = ('mmcv', 'mmdet', 'mmseg', 'mmaction')\n"
        "u.find_spec = lambda n, *a: None if n.split('.')[0] in names else find(n, *a)\n"
        "from iclip.openmmlab import FIXES\n"
        "print([f.name for f in FIXES if f.active and f.name != 'keep_mmengine_safe'])"
    )
    assert out.strip() == "[]"


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


def test_configs_are_found_whatever_the_distribution_is_called(monkeypatch: pytest.MonkeyPatch):
    absent = "mmsegmentation-of-another-name"
    monkeypatch.setitem(fixes.DISTRIBUTIONS, "mmseg", absent)
    monkeypatch.setitem(MODULE2PACKAGE, "mmseg", absent)
    base = "mmseg::_base_/schedules/schedule_160k.py"
    path, scope = Config._get_cfg_path(base, "child.py")
    assert scope == "mmseg"
    assert Config.fromfile(path).train_cfg.max_iters == 160_000
    # A script's own call goes past the configs' scopes; it would install the other distribution.
    assert fixes.register_fork_configs()
    assert MODULE2PACKAGE["mmseg"] == "mmseg"
    assert get_config(base).train_cfg.max_iters == 160_000


def test_transforms_of_lanes_are_left_out_without_imgaug(tmp_path: Path):
    transforms = tmp_path / "mmdet/datasets/transforms"
    transforms.mkdir(parents=True)
    for folder in (transforms, *transforms.parents[:2]):
        (folder / "__init__.py").write_text("")
    (transforms / "generate_line.py").write_text("import imgaug\nclass ImageAug: pass\n")
    names = "ImageAug, LinesToArray, PackLineDetectionInputs"
    out = python(
        "import sys; sys.modules['imgaug'] = None\n"
        "from iclip.openmmlab import FIXES\n"
        f"from mmdet.datasets.transforms.generate_line import {names}\n"
        "try: ImageAug()\n"
        "except NotImplementedError as error: print(error)\n"
        "print([f.active for f in FIXES if f.name == 'leave_out_lanes'])",
        path=tmp_path,
    )
    assert "imgaug, which is not installed; pip install imaug\n[True]" in out
    # With imgaug, mmdet's own.
    (tmp_path / "imgaug.py").write_text("")
    out = python(
        "import iclip.openmmlab\n"
        "from mmdet.datasets.transforms import generate_line as own\n"
        "print(own.__file__)",
        path=tmp_path,
    )
    assert out.strip() == str(transforms / "generate_line.py")


@pytest.mark.parametrize("field", ["reason", "thread", "retires"])
def test_each_fix_states_reason_thread_and_end(field: str):
    from iclip.openmmlab import FIXES

    assert all(getattr(fix, field) for fix in FIXES)
