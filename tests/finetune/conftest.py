"""A small WordNet, a micro iCLIP's checkpoint and a table of class texts."""

from tests.support.small_wordnet import small_wordnet, write_corpus  # noqa: F401
from tests.support.zero_shot_models import labelled_micro, micro, table  # noqa: F401
