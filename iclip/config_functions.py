"""What configs compute: lists of transforms with other settings, and the channels of a Swin.

A config imports these after its ``_base_``, which tells mmengine that it is a text-style config.
mmengine leaves functions out of what a config holds.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from iclip.models.swin.arch import SwinArch


def with_settings(
    parts: Sequence[Mapping[str, Any]], **settings: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Copy a list of transforms or schedulers, some of them with other settings.

    Args:
        parts: Dicts with a ``type`` each.
        **settings: The settings that differ, by type.

    Raises:
        ValueError: No part has one of the types.
    """
    types = [part["type"] for part in parts]
    for name in settings:
        if name not in types:
            raise ValueError(f"no part has type={name!r}; the types are {', '.join(types)}")
    return [{**part, **settings.get(part["type"], {})} for part in parts]


def swin_channels(arch: str | Mapping[str, Any]) -> list[int]:
    """Return the channels of each stage of a Swin.

    Args:
        arch: ``arch`` of a ``SwinBackbone``. It may contain ``_delete_``, which tells mmengine to
            replace the inherited dict.
    """
    if not isinstance(arch, str):
        arch = {key: value for key, value in arch.items() if key != "_delete_"}
    return list(SwinArch.parse(arch).dims)
