"""A small WordNet, which the commands' tests use too."""

from tests.support.small_wordnet import small_wordnet, write_corpus  # noqa: F401
