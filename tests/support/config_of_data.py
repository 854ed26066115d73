"""A config that names data in every section, and a data root that holds all of it."""

from pathlib import Path
from typing import Any

from mmengine.config import Config


def config_of_data(root: Path, **more: Any) -> Config:
    """Return a config that names images, pairs, a class-text table and validation images."""
    return Config(
        dict(
            default_scope="iclip",
            model=dict(type="ICLIP", class_prompts=dict(class_texts=f"{root}/texts.jsonl")),
            train_dataloader=dict(
                dataset=dict(
                    type="MixedSources",
                    labelled=dict(root=f"{root}/images"),
                    pairs=dict(shards=f"{root}/pairs/{{00000..00031}}.tar"),
                )
            ),
            val_dataloader=[dict(dataset=dict(root=f"{root}/val/*"))],
            **more,
        )
    )


def make_data(root: Path) -> Path:
    """Write empty files where :func:`config_of_data` names data; return the root."""
    for folder in ("images/n1", "pairs", "val/n1"):
        (root / folder).mkdir(parents=True)
    for file in ("texts.jsonl", "pairs/00000.tar"):
        (root / file).touch()
    return root
