"""Made-up packages of OpenMMLab, whose sources name each other and operators."""

from pathlib import Path

import pytest

FILES = {
    "mmcv/ops/shine.py": """
ext_module = ext_loader.load_ext('_ext', ['shine_forward', 'glow_forward'])
class ShineFunction(Function):
    def forward(ctx, x):
        ext_module.shine_forward(x)
shine = ShineFunction.apply
class ShineLayer:
    def forward(self, x):
        return shine(x)
@MODELS.register_module('SHINE')
class ShinePack(ShineLayer):
    pass
""",
    "mmcv/ops/glow.py": """
class Glow:
    def forward(self, x):
        ext_module.glow_forward(x)
""",
    "mmdet/models/heads.py": """
try:
    from mmcv.ops import ShinePack
except ImportError:
    ShinePack = None
@MODELS.register_module()
class Imports:
    def __init__(self):
        self.layer = ShinePack()
@MODELS.register_module()
class Inherits(Imports):
    pass
@MODELS.register_module(name='Renamed')
class Other(Inherits):
    pass
@MODELS.register_module()
class ByString:
    def __init__(self, conv=dict(type='SHINE')):
        self.conv = MODELS.build(conv)
@MODELS.register_module()
class Plain:
    pass
""",
    "mmdet/models/late.py": "class Late(Imports):\n    pass\n",
    "mmdet/models/lost/model.py": "@MODELS.register_module()\nclass Lost:\n    pass\n",
    "mmseg/models/heads.py": "@MODELS.register_module()\nclass Plain:\n    pass\n",
}


@pytest.fixture
def roots(tmp_path: Path) -> dict[str, Path]:
    """Made-up packages."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return {package: tmp_path / package for package in ("mmcv", "mmdet", "mmseg")}
