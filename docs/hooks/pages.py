"""Pages of the site that are written elsewhere.

mkdocs calls the functions whose names begin with ``on_``. What they add: the pages of the top
level, the notebooks, which are kept as Python files, and a page of the reference per part of the
package.
"""

import re
from pathlib import Path
from typing import Any

import jupytext
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

REPO = Path(__file__).resolve().parents[2]
# README's links begin at the top level, and the site at docs/.
TOP_LEVEL = {
    "README.md": "index.md",
    **{f"{name}.md": f"{name}.md" for name in ("BENCHMARKS", "CHANGELOG", "CONTRIBUTING")},
    "RELIABILITY.md": "RELIABILITY.md",
}
# What users call, before the parts in alphabetical order.
FIRST = ("iclip", "iclip.predict", "iclip.predictions", "iclip.own_data", "iclip.finetune")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the generated pages into the navigation, where its entries end with a slash."""
    generated = {
        "notebooks/": [{title: f"notebooks/{name}.md"} for name, title in notebooks().items()],
        "reference/": [f"reference/{name}.md" for name in parts()],
    }
    assert config.nav is not None
    for entry in config.nav:
        (title,) = entry
        entry[title] = generated.get(str(entry[title]), entry[title])
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for page, content in {**top_level_pages(), **notebook_pages(), **reference_pages()}.items():
        files.append(File.generated(config, page, content=content))
    return files


def top_level_pages() -> dict[str, str]:
    """Return the pages of the top level, with links as the site needs them."""
    texts = {page: (REPO / file).read_text("utf-8") for file, page in TOP_LEVEL.items()}
    return {page: re.sub(r"(\]\(|src=\")docs/", r"\1", text) for page, text in texts.items()}


def notebooks() -> dict[str, str]:
    """Return the titles of the notebooks by their names, in the order of the numbers."""
    return {path.stem: _title(path) for path in sorted((REPO / "notebooks").glob("*.py"))}


def notebook_pages() -> dict[str, str]:
    """Return each notebook as a page and as a file for Jupyter."""
    pages = {}
    for name in notebooks():
        notebook = jupytext.read(REPO / f"notebooks/{name}.py")
        for number, cell in enumerate(notebook.cells):
            cell.id = f"cell-{number}"  # drawn by chance otherwise
        pages[f"notebooks/{name}.ipynb"] = jupytext.writes(notebook, fmt="ipynb")
        pages[f"notebooks/{name}.md"] = "\n\n".join(_cells(name, notebook.cells)) + "\n"
    return pages


def _cells(name: str, cells: list[Any]) -> list[str]:
    """Return a notebook's cells as Markdown; the first holds the title."""
    texts = [
        cell.source if cell.cell_type == "markdown" else f"```python\n{cell.source}\n```"
        for cell in cells
    ]
    note = f"[The notebook for Jupyter]({name}.ipynb), from `notebooks/{name}.py`; CI runs it."
    return [texts[0], note, *texts[1:]]


def _title(path: Path) -> str:
    match = re.search(r"^# # (.+)$", path.read_text("utf-8"), flags=re.MULTILINE)
    assert match is not None, f"{path} has no title"
    return match[1]


def parts() -> list[str]:
    """Return the package, its parts and the modules beside them, as dotted names."""
    places = [path for path in (REPO / "iclip").iterdir() if not path.name.startswith("__")]
    names = {f"iclip.{p.stem}" for p in places if p.suffix == ".py" or (p / "__init__.py").exists()}
    first = [name for name in FIRST if name == "iclip" or name in names]
    return [*first, *sorted(names.difference(first))]


def reference_pages() -> dict[str, str]:
    """Return a page per part; mkdocstrings fills it from the docstrings."""
    pages = {f"reference/{name}.md": f"# {name}\n\n::: {name}\n" for name in parts()}
    # The package's own page has its functions; the parts have pages of theirs.
    own = "::: iclip\n    options:\n      show_submodules: false\n"
    return pages | {"reference/iclip.md": f"# iclip\n\n{own}"}
