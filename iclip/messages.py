"""How messages count and list things."""

import unicodedata
from collections.abc import Sequence


def listing(entries: Sequence[str], limit: int = 10) -> str:
    """Join entries for a message: the first ``limit`` by name, the rest as a number."""
    rest = len(entries) - limit
    return ", ".join(entries[:limit]) + (f" and {rest} more" if rest > 0 else "")


def listed_lines(entries: Sequence[str], limit: int, indent: int) -> list[str]:
    """Put entries on lines of their own: the first ``limit``, and how many there are besides.

    Args:
        entries: What to list.
        limit: How many of them get a line.
        indent: Blanks before each line.
    """
    rest = len(entries) - limit
    lines = [*entries[:limit], *([f"and {rest} more"] if rest > 0 else [])]
    return [" " * indent + line for line in lines]


def counted(number: int, thing: str, plural: str | None = None) -> str:
    """Say how many: ``1 image``, ``2,731 images``."""
    return f"{number:,} {thing if number == 1 else plural or thing + 's'}"


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, without its full stop."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


def one_line(error: BaseException, limit: int = 80) -> str:
    """Return an error's message on one line, cut after ``limit`` characters."""
    return " ".join(str(error).split())[:limit]


def shortened(text: str, limit: int = 60) -> str:
    """Cut a text after ``limit`` characters; three dots show it."""
    return text if len(text) <= limit else f"{text[:limit].rstrip()}..."


def printable(name: str) -> str:
    """Make a name from a file fit for a line of a log or a terminal.

    Bytes that are not text in UTF-8 come as escapes, and so do characters that a terminal obeys or
    that change the order in which others are shown: line ends, colors, marks of direction.
    """
    if name.isascii() and name.isprintable():  # as nearly all are
        return name
    return "".join(c if _is_shown(c) else c.encode("unicode_escape").decode() for c in name)


def printable_lines(text: str) -> str:
    """Make a text of several lines fit for a log or a terminal; its line ends and tabs stay."""
    lines = text.split("\n")
    return "\n".join("\t".join(map(printable, line.split("\t"))) for line in lines)


def _is_shown(character: str) -> bool:
    # C: controls, marks of direction, surrogates and what is not assigned; Zl and Zp: line ends.
    category = unicodedata.category(character)
    return category[0] != "C" and category not in ("Zl", "Zp")
