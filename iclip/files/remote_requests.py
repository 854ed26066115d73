"""Requests for files in buckets and on web servers, through fsspec.

fsspec chooses the library by the URL's scheme, and reads endpoints and credentials from the
library's own places (for S3: ``AWS_ACCESS_KEY_ID``, ``~/.aws``) or from variables of its own
(``FSSPEC_S3_ENDPOINT_URL``, ``FSSPEC_S3='{"anon": true}'``). They are never settings of a config,
because configs are kept in checkpoints.

A client's connections belong to the process that opened them. fsspec keeps a client per process and
is asked for it at each request, so that what was used before a fork works after it.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from iclip.files.remote_errors import as_os_error, is_fault
from iclip.files.transient import tried_again

_Result = TypeVar("_Result")

# Seconds. A server that is silent for longer is given up, and asked again.
_CONNECT_TIMEOUT, _READ_TIMEOUT = 10, 60


def is_web(path: str) -> bool:
    """Whether a URL is a web server's."""
    return path.lower().startswith(("http://", "https://"))


def readable_schemes() -> dict[str, bool]:
    """Say, of the schemes that are in use, whether their libraries are installed."""
    import fsspec

    found = {}
    for scheme in ("s3", "https", "hf", "gs"):
        try:
            fsspec.get_filesystem_class(scheme)
            found[scheme] = True
        except ImportError:
            found[scheme] = False
    return found


def ask(path: str, request: Callable[[Any, str], _Result]) -> _Result:
    """Make a request, again if it fails with a transient error, and name the URL in the last one.

    Args:
        path: The URL.
        request: Called with fsspec's file system and its name of the file.

    Raises:
        ValueError: The URL cannot be read here: its scheme is not known, or its library is missing.
        OSError: The server refuses, has no such file, or stays unreachable.
    """

    def once() -> _Result:
        try:
            return request(*_file_system(path))
        # The libraries behind fsspec raise errors of many types.
        except Exception as error:
            if is_fault(error):
                raise
            raise as_os_error(error, path) from error

    return tried_again(once)


def _file_system(path: str) -> tuple[Any, str]:
    """Return fsspec's file system of a URL, which it keeps per process, and its own name for it.

    Raises:
        ValueError: fsspec does not know the scheme, or the URL is chained.
        ImportError: The library of the scheme is missing.
    """
    # Its import takes a moment, which those who have local files only should not spend.
    import fsspec

    scheme, _, rest = path.partition("://")
    if "::" in scheme:
        raise ValueError("chained URLs are not read; for a cache, write storage=dict(cache=FOLDER)")
    options: dict[str, Any] = {"use_listings_cache": False}
    if is_web(path):
        options |= _web_options(fsspec.config.conf.get(scheme.lower(), {}))
    files = fsspec.filesystem(scheme.lower(), **options)
    return files, path if is_web(path) else rest


def _web_options(configured: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a web client needs for data: its own timeouts, and bytes as they are stored."""
    import aiohttp

    timeout = aiohttp.ClientTimeout(
        total=None, sock_connect=_CONNECT_TIMEOUT, sock_read=_READ_TIMEOUT
    )
    # Ranges of a compressed answer would not be those of the file.
    headers = {"Accept-Encoding": "identity"}
    client = {"timeout": timeout, "headers": headers, **configured.get("client_kwargs", {})}
    return {"client_kwargs": client}
