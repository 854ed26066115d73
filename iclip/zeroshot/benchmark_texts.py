"""Names and templates of the data sets, as clip_benchmark has them."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path


@cache
def benchmark_texts() -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
    """clip_benchmark's names and templates by its names of the data sets.

    Raises:
        ValueError: It is not installed.
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
    return names, templates
