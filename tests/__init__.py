"""A package, because mmsegmentation's wheel installs another one of this name beside it."""
