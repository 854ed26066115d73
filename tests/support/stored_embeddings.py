"""What lies in a cache of embeddings, read without the hub's code."""

from pathlib import Path

import numpy as np


def stored(cache: Path) -> dict[tuple[str, bytes], bytes]:
    """The embeddings of all stores by store and key; each key is stored once."""
    rows: dict[tuple[str, bytes], bytes] = {}
    for file in cache.glob("*/*.keys.npy"):
        embeds = np.load(file.with_name(file.name.replace(".keys.", ".embeds.")))
        for key, row in zip(np.load(file), embeds, strict=True):
            place = (file.parent.name, key.tobytes())
            assert place not in rows
            rows[place] = row.tobytes()
    return rows
