"""Which files are videos, by their names: one rule for users' data and for prediction."""

VIDEO_EXTENSIONS = frozenset(("mp4", "avi", "mov", "mkv", "webm", "m4v", "mpg", "mpeg", "wmv"))


def is_video_name(name: str) -> bool:
    """Whether a file's name is a video's; hidden files are not taken."""
    stem, _, extension = name.rpartition(".")
    return bool(stem) and not name.startswith(".") and extension.lower() in VIDEO_EXTENSIONS
