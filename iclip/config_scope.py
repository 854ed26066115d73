"""Configs inherit the hub's wherever it is installed: ``_base_ = "iclip::downstream/..."``.

Importing this module teaches mmengine the scope ``iclip::``, beside those that it knows, such as
``mmdet::``. It is not a line of mmengine's own table, since for that

- a wheel would need the files in ``iclip/.mim/configs``, where a checkout does not have them;
- what a child takes from ``_base_`` would get ``_scope_='iclip'``, so that a transform of mmdet's
  in an inherited list would be looked for among the hub's.

The configs of the frameworks are found without their lists of models, all of which mmengine parses
for each name that is inherited: three seconds for a config of LVIS.
"""

from functools import wraps
from importlib.util import find_spec
from pathlib import Path

from mmengine.config import Config
from mmengine.config.utils import MODULE2PACKAGE

from iclip.shipped_configs import SCOPE, shipped_config


def know_scope() -> None:
    """Let mmengine's configs inherit ``iclip::...``; a second call changes nothing."""
    others = Config._get_cfg_path
    if getattr(others, "knows_iclip", False):
        return

    @wraps(others)
    def base_path(cfg_path: str, filename: str) -> tuple[str, str | None]:
        """Return the file of a name in ``_base_``, and the scope of what the file holds."""
        if cfg_path.startswith(SCOPE):
            return str(shipped_config(cfg_path)), None
        scope, _, name = cfg_path.partition("::")
        found = framework_config(scope, name)
        return others(cfg_path, filename) if found is None else (str(found), scope)

    base_path.__dict__["knows_iclip"] = True
    Config._get_cfg_path = staticmethod(base_path)


def framework_config(scope: str, name: str) -> Path | None:
    """Return the file of a framework's config.

    Args:
        scope: The framework's module, such as ``mmdet``.
        name: The file below its folder of configs.

    Returns:
        None where no framework of that name is installed, or where it lacks the file.
    """
    package = find_spec(scope) if scope in MODULE2PACKAGE else None
    if package is None or package.origin is None:
        return None
    file = Path(package.origin).parent / ".mim" / "configs" / name
    return file if file.is_file() else None


know_scope()
