"""A downstream task starts from the weights that are asked for, in all of its model."""

import pytest
from mmengine.config import Config

from iclip.engine.start.pretrained_weights import set_pretrained_weights


@pytest.mark.parametrize("former", ["old.pth", None])
def test_backbone_and_what_started_from_the_same_file_start_from_another(
    former: str | None,
) -> None:
    cfg = Config(
        dict(
            model=dict(
                backbone=dict(checkpoint=former),
                head=dict(
                    classifier=dict(checkpoint=former),
                    others=[dict(checkpoint="own.pth"), dict(checkpoint=None)],
                ),
            )
        )
    )
    set_pretrained_weights(cfg, "new.pth")
    assert cfg.model.backbone.checkpoint == "new.pth"
    # Parts without weights stay without them.
    assert cfg.model.head.classifier.checkpoint == ("new.pth" if former else None)
    assert [part.checkpoint for part in cfg.model.head.others] == ["own.pth", None]
