"""The folder that holds the data sets, as configs and commands find it."""

import os
from collections.abc import Mapping
from pathlib import Path

DATA_VARIABLE = "ICLIP_DATA"
# Configs write the same default: "{{$ICLIP_DATA:data}}".
DEFAULT_DATA_ROOT = "data"


def data_root(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder that ``ICLIP_DATA`` names, or ``data``.

    Args:
        environment: The variables of the process.
    """
    return Path(environment.get(DATA_VARIABLE, DEFAULT_DATA_ROOT))
