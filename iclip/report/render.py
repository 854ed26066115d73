"""A report as one HTML file, as Markdown and as JSON."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from iclip.report.page_elements import Document, Picture, Plot, Table

HERE = Path(__file__).parent


def to_html(document: Document) -> str:
    """Write one self-contained page, without network or script."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Only the report's own plots are not escaped; names of runs are.
    environment.filters["plot"] = Markup
    environment.filters["breakable"] = _breakable
    return environment.get_template("report.html.j2").render(document=document)


def to_markdown(document: Document) -> str:
    """Write headings and tables; a folded table is its title, a plot or picture its words."""
    lines = [f"# {_escaped(document.title)}", "", *map(_escaped, document.summary)]
    for section in document.sections:
        lines += ["", f"## {_escaped(section.title)}", "", *map(_escaped, section.text)]
        for table in section.tables:
            lines += ["", *_markdown_table(table)]
        drawn: list[Plot | Picture] = [*section.plots, *section.pictures]
        for shown in drawn:
            lines += ["", f"*{_escaped(shown.caption)}.* {_escaped(shown.alt)}"]
    return "\n".join(lines) + "\n"


def to_json(document: Document) -> str:
    """Write the record for programs, then the page's tables and words without what is drawn."""
    content: dict[str, Any] = asdict(document)
    for section, shown in zip(document.sections, content["sections"], strict=True):
        for table, form in zip(section.tables, shown["tables"], strict=True):
            form["rows"] = [[cell.text for cell in row] for row in table.cells()]
        # The keys of early versions, which other programs may read.
        shown["figures"], shown["pictures"] = shown.pop("plots"), shown.pop("pictures")
        for drawn in (*shown["figures"], *shown["pictures"]):
            drawn.pop("svg", None)
            drawn.pop("uri", None)
    record = content.pop("record")
    return json.dumps({**record, **content}, indent=1, ensure_ascii=False, default=str) + "\n"


def _breakable(text: str) -> Markup:
    """Escape a text for HTML, and let its lines break behind each ``/`` and ``_`` of a name."""
    return Markup(re.sub(r"([/_])(?=\w)", r"\1<wbr>", str(escape(text))))


def _markdown_table(table: Table) -> list[str]:
    caption = _escaped(table.caption)
    if table.folded:
        return [f"**{caption}** ({_escaped(table.folded)})"]
    rows = [[_escaped(cell.text) for cell in row] for row in table.cells()]
    return [
        f"**{caption}**",
        "",
        f"| {' | '.join(map(_escaped, table.flat_columns()))} |",
        "|---" * len(table.columns) + "|",
        *(f"| {' | '.join(row)} |" for row in rows),
        *(("", _escaped(table.note)) if table.note else ()),
    ]


def _escaped(text: str) -> str:
    """Put a text on one line, in which nothing begins a cell, an element, a link or code."""
    return re.sub(r"([\\|<\[`])", r"\\\1", " ".join(text.split()))
