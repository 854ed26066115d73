"""Names and templates come from clip_benchmark's files."""

import sys
from pathlib import Path

import open_clip
import pytest

from iclip.zeroshot.benchmark_texts import benchmark_texts
from tests.zeroshot import kornblith_files as files
from tests.zeroshot.drawn_sets import why_missing


def test_names_and_templates_of_imagenet_are_open_clips():
    names, templates = benchmark_texts()
    assert names["imagenet1k"] == list(open_clip.IMAGENET_CLASSNAMES)
    filled = [template("{c}") for template in open_clip.OPENAI_IMAGENET_TEMPLATES]
    assert templates["imagenet1k"] == filled


def test_names_without_clip_benchmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    files.dtd(tmp_path / "dtd")
    monkeypatch.setitem(sys.modules, "clip_benchmark.datasets", None)
    benchmark_texts.cache_clear()
    told = why_missing("dtd", tmp_path)
    assert "come from clip_benchmark, which is not installed: pip install 'iclip[suites]'" in told
