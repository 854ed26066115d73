"""What the libraries behind fsspec raise, as ``OSError`` with a number and a message for the user.

The number decides whether the request is made again (:mod:`iclip.files.transient`).
"""

import asyncio
import errno
import sys
from typing import Any

# What to install for a scheme; the extra `remote` of the hub holds the first two.
_LIBRARIES = {
    "s3": "s3fs",
    "http": "aiohttp",
    "https": "aiohttp",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "hf": "huggingface_hub",
    "az": "adlfs",
    "abfs": "adlfs",
}
_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or ~/.aws/credentials; for a public bucket, "
    "FSSPEC_S3='{\"anon\": true}'; for a server of your own, FSSPEC_S3_ENDPOINT_URL",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS, or `gcloud auth application-default login`",
    "hf": "HF_TOKEN, or `hf auth login`",
}


def as_os_error(error: BaseException, path: str) -> OSError | ValueError:
    """Make the hub's error of a library's.

    Args:
        error: What a request raised.
        path: The URL.

    Returns:
        A ``FileNotFoundError``, a ``PermissionError`` or an ``OSError``; a ``ValueError`` where the
        URL itself is wrong.
    """
    scheme = path.partition("://")[0].lower()
    if isinstance(error, ImportError):
        library = _LIBRARIES.get(scheme)
        remedy = f"pip install {library}" if library else "install it"
        return ValueError(f"{path}: reading {scheme}:// needs a library: {remedy} ({error})")
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        return ValueError(f"{path}: {_said(error)}")
    error = _real_cause(error)
    number, reason = _number(error), _said(error)
    if number == errno.ENOENT:
        return FileNotFoundError(f"there is no {path}")
    if number == errno.EACCES:
        where = _CREDENTIALS.get(scheme, "the credentials")
        return PermissionError(
            f"{path}: access is refused ({reason}). Check the address and {where}"
        )
    if number == errno.ETIMEDOUT:
        return TimeoutError(f"{path}: the server does not answer in time ({reason})")
    return OSError(number, f"{path}: {reason}")


def is_fault(error: Exception) -> bool:
    """Whether an error is a fault in a program, and not an answer of a server or a network."""
    kinds = (OSError, ValueError, ImportError, asyncio.TimeoutError)
    return type(error).__module__ == "builtins" and not isinstance(error, kinds)


def _real_cause(error: BaseException) -> BaseException:
    """Return the error behind an error.

    fsspec's web client raises FileNotFoundError whatever the server answered to a question for a
    file's size, even 500.
    """
    cause = error.__cause__
    if isinstance(error, FileNotFoundError) and cause is not None and _is_of(cause, "aiohttp"):
        return cause
    return error


def _number(error: BaseException) -> int:
    """Return the ``errno`` that says what kind of error it is."""
    status = _status(error)
    if status is not None:
        return _number_of_status(status)
    for kind, number in (
        (FileNotFoundError, errno.ENOENT),
        (PermissionError, errno.EACCES),
        (TimeoutError, errno.ETIMEDOUT),
        (asyncio.TimeoutError, errno.ETIMEDOUT),
    ):
        if isinstance(error, kind):
            return number
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    if type(error).__name__ in ("NoCredentialsError", "PartialCredentialsError"):
        return errno.EACCES
    if _is_of(error, "botocore") and not _is_connection_of_botocore(error):
        return errno.EINVAL
    # A connection that broke off, or an error that is not known: worth another try.
    return errno.EIO


def _number_of_status(status: int) -> int:
    if status in (401, 403, 407):
        return errno.EACCES
    if status in (404, 410):
        return errno.ENOENT
    if status in (408, 504):
        return errno.ETIMEDOUT
    return errno.EIO if status == 429 or status >= 500 else errno.EINVAL


def _status(error: Any) -> int | None:
    """Return the status of a server's answer (aiohttp, gcsfs, huggingface_hub)."""
    for holder, name in (
        (error, "status"),
        (error, "code"),
        (getattr(error, "response", None), "status_code"),
    ):
        status = getattr(holder, name, None)
        if isinstance(status, int) and 400 <= status < 600:
            return status
    return None


def _is_of(error: BaseException, library: str) -> bool:
    return any(kind.__module__.partition(".")[0] == library for kind in type(error).__mro__)


def _is_connection_of_botocore(error: BaseException) -> bool:
    exceptions = sys.modules["botocore.exceptions"]
    return isinstance(error, exceptions.HTTPClientError | exceptions.ConnectionError)


def _said(error: BaseException) -> str:
    """Return what an error says on one line, with its type where it says little."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    text = " ".join(text.split())[:300]
    return text or type(error).__name__
