"""All targets by name."""

from tests.fuzz.annotation_targets import ANNOTATION_TARGETS
from tests.fuzz.checkpoint_targets import CHECKPOINT_TARGETS
from tests.fuzz.image_targets import IMAGE_TARGETS
from tests.fuzz.mask_targets import MASK_TARGETS
from tests.fuzz.own_data_targets import OWN_DATA_TARGETS
from tests.fuzz.setting_targets import SETTING_TARGETS
from tests.fuzz.tar_targets import TAR_TARGETS
from tests.fuzz.target import Target
from tests.fuzz.text_targets import TEXT_TARGETS
from tests.fuzz.word_targets import WORD_TARGETS

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        *TEXT_TARGETS,
        *ANNOTATION_TARGETS,
        *TAR_TARGETS,
        *CHECKPOINT_TARGETS,
        *IMAGE_TARGETS,
        *MASK_TARGETS,
        *OWN_DATA_TARGETS,
        *SETTING_TARGETS,
        *WORD_TARGETS,
    )
}
