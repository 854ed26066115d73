"""The documentation site without its reference, which takes longer: `make docs` builds all."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.site.built_site import Page, broken_links, foreign_loads, problems, read_site
from tests.support.source_imports import REPO

CONFIG = (REPO / "mkdocs.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    plain = folder / "mkdocs.yml"
    # One plugin fewer: the pages of the reference are there, and empty.
    settings = {"INHERIT": str(REPO / "mkdocs.yml"), "plugins": ["search"]}
    settings |= {"docs_dir": str(REPO / "docs"), "hooks": [str(REPO / "docs/hooks/pages.py")]}
    plain.write_text(yaml.safe_dump(settings))
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    done = subprocess.run(
        [*command, "--config-file", plain, "--site-dir", folder / "site"],
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    return read_site(site)


def test_it_loads_nothing_from_elsewhere(site: Path, pages: dict[str, Page]) -> None:
    assert not [*foreign_loads(site, pages)]


def test_links_lead_to_files_and_anchors(site: Path, pages: dict[str, Page]) -> None:
    assert not [*broken_links(site, pages)]


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        ('<script src="https://cdn.example/a.js"></script>', "loads https://cdn.example/a.js"),
        ('<link rel="stylesheet" href="//fonts.example/a">', "loads //fonts.example/a"),
        ('<a href="gone.html">', "links to gone.html, which is not there"),
        ('<a href="#gone">', "links to #gone, which has no such anchor"),
        ('<img src="gone.png">', "links to gone.png, which is not there"),
    ],
)
def test_what_is_wrong_is_found(html: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(f'<p id="here">{html}<a href="#here">')
    assert problems(tmp_path) == [f"index.html {problem}"]


def test_fonts_of_a_style_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text('@font-face { src: url("https://fonts.example/a.woff") }')
    (found,) = problems(tmp_path)
    assert "fonts.example" in found


def test_every_task_and_every_part_has_a_page(pages: dict[str, Page]) -> None:
    for task in ("detection", "segmentation", "video", "classification"):
        assert f"own_data/{task}.html" in pages
    packages = {path.parent.name for path in (REPO / "iclip").glob("*/__init__.py")}
    assert {f"reference/iclip.{name}.html" for name in packages} <= pages.keys()


def test_pages_of_the_top_level_and_notebooks_are_there(site: Path, pages: dict[str, Page]) -> None:
    top = {f"{path.stem}.html" for path in REPO.glob("*.md") if path.stem != "README"}
    assert {"index.html", *top} <= pages.keys()
    for path in (REPO / "notebooks").glob("*.py"):
        assert f"notebooks/{path.stem}.html" in pages
        assert (site / f"notebooks/{path.stem}.ipynb").is_file()


def test_every_page_is_in_the_navigation() -> None:
    named = re.findall(r": (\S+\.md)$", CONFIG, flags=re.MULTILINE)
    kept = {path.relative_to(REPO / "docs").as_posix() for path in (REPO / "docs").rglob("*.md")}
    assert kept <= set(named)


def test_site_is_strict_and_has_no_fonts_of_others() -> None:
    settings = yaml.safe_load(CONFIG)
    assert settings["strict"] and settings["theme"]["font"] is False
