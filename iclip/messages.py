"""How messages count and list things."""

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


def printable(name: str) -> str:
    """Make a file's name fit for a log: bytes that are not text in UTF-8 come as escapes."""
    return name.encode("utf-8", "backslashreplace").decode()
