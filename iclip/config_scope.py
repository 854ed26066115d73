"""Configs inherit the hub's wherever it is installed: ``_base_ = "iclip::downstream/..."``.

Importing this module teaches mmengine the scope ``iclip::``, beside those that it knows, such as
``mmdet::``. It is not a line of mmengine's own table, since for that

- a wheel would need the files in ``iclip/.mim/configs``, where a checkout does not have them;
- what a child takes from ``_base_`` would get ``_scope_='iclip'``, so that a transform of mmdet's
  in an inherited list would be looked for among the hub's.
"""

from functools import wraps

from mmengine.config import Config

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
        return others(cfg_path, filename)

    base_path.__dict__["knows_iclip"] = True
    Config._get_cfg_path = staticmethod(base_path)


know_scope()
