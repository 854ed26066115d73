"""Names and templates of the data sets, as clip_benchmark has them."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple


class BenchmarkTexts(NamedTuple):
    """Class names in the order of the labels, and templates, by clip_benchmark's data set names."""

    names: Mapping[str, list[str]]
    templates: Mapping[str, list[str]]


@cache
def benchmark_texts() -> BenchmarkTexts:
    """Read clip_benchmark's class names, and its templates with ``{c}`` for the name.

    Raises:
        ValueError: clip_benchmark is not installed.
    """
    try:
        import clip_benchmark.datasets as package
    except ImportError as error:
        raise ValueError(
            "the class names and templates of this suite come from clip_benchmark, which is not "
            "installed: pip install 'iclip[suites]'"
        ) from error
    folder = Path(package.__file__ or "").parent
    names = json.loads((folder / "en_classnames.json").read_text(encoding="utf-8"))
    templates = json.loads(
        (folder / "en_zeroshot_classification_templates.json").read_text(encoding="utf-8")
    )
    return BenchmarkTexts(names, templates)
