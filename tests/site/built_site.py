"""What is wrong with a built site: what it loads from elsewhere, and links that lead nowhere."""

import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Attributes by which a page loads something as it is opened; a link waits for a click.
LOADED = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("link", "href")}
# A link that loads nothing.
NOT_LOADED = {"canonical", "next", "prev", "edit"}
# Material's scripts load these for a diagram, and in a browser of before 2020 (no ResizeObserver);
# those of GitHub for a page whose config names a repository.
ON_DEMAND = {"https://unpkg.com/mermaid", "https://unpkg.com/resize-observer-polyfill",
             "https://api.github.com/users/", "https://api.github.com/repos/"}  # fmt: skip


class Page(HTMLParser):
    """What a page loads, what it links to, and the anchors that it has."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors = {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        for name, value in values.items():
            if (tag, name) in LOADED and values.get("rel") not in NOT_LOADED:
                self.loads.append(value)
        if tag == "a" and "href" in values:
            self.links.append(values["href"])


def read_site(site: Path) -> dict[str, Page]:
    """Read all pages, by their paths below the site."""
    return {path.relative_to(site).as_posix(): Page(path) for path in sorted(site.rglob("*.html"))}


def foreign_loads(site: Path, pages: dict[str, Page]) -> Iterator[str]:
    """What a browser would ask another server for."""
    for name, page in pages.items():
        yield from (f"{name} loads {url}" for url in page.loads if urlsplit(url).netloc)
    for style in site.rglob("*.css"):
        for url in re.findall(r"url\(([^)]+)\)", style.read_text(encoding="utf-8")):
            if urlsplit(url.strip("'\"")).netloc:
                yield f"{style.relative_to(site)} loads {url}"
    for script in site.rglob("assets/javascripts/*.js"):
        text = script.read_text(encoding="utf-8")
        for url in re.findall(r"[\"'`](https?://[\w./-]+)", text):
            if not any(known.startswith(url) or url.startswith(known) for known in ON_DEMAND):
                yield f"{script.relative_to(site)} names {url}"


def broken_links(site: Path, pages: dict[str, Page]) -> Iterator[str]:
    """Links to files and anchors that are not there."""
    for name, page in pages.items():
        if name == "404.html":  # it is served for any path; its links begin at the server's root
            continue
        for link in [*page.links, *page.loads]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            here = Path(name).parent / unquote(parts.path) if parts.path else Path(name)
            target = os.path.normpath(here)
            if not (site / target).exists():
                yield f"{name} links to {link}, which is not there"
            elif target in pages and unquote(parts.fragment) not in pages[target].anchors:
                yield f"{name} links to {link}, which has no such anchor"


def problems(site: Path) -> list[str]:
    """List all that is wrong."""
    pages = read_site(site)
    return [*foreign_loads(site, pages), *broken_links(site, pages)]
