import asyncio
import errno

import pytest

from iclip.files.remote_errors import as_os_error, is_fault
from iclip.files.transient import is_transient


class Answer(Exception):
    """An error as gcsfs and huggingface_hub raise it: with the status in an attribute."""

    def __init__(self, status: int, attribute: str) -> None:
        super().__init__(f"status {status}")
        if attribute == "response":
            self.response = type("Response", (), {"status_code": status})()
        else:
            setattr(self, attribute, status)


@pytest.mark.parametrize("attribute", ["status", "code", "response"])
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_status_that_may_pass_is_transient(status: int, attribute: str) -> None:
    assert is_transient(as_os_error(Answer(status, attribute), "gs://b/k"))


@pytest.mark.parametrize("attribute", ["status", "code", "response"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, PermissionError),
        (403, PermissionError),
        (404, FileNotFoundError),
        (410, FileNotFoundError),
        (400, OSError),
        (416, OSError),
    ],
)
def test_status_that_stays_is_not(status: int, kind: type[OSError], attribute: str) -> None:
    error = as_os_error(Answer(status, attribute), "gs://b/k")
    assert isinstance(error, kind) and not is_transient(error)
    assert "gs://b/k" in str(error)


@pytest.mark.parametrize("error", [TimeoutError(), asyncio.TimeoutError(), ConnectionResetError()])
def test_connection_that_broke_off_is_transient(error: Exception) -> None:
    assert is_transient(as_os_error(error, "s3://b/k"))


@pytest.mark.parametrize(
    ("scheme", "remedy"),
    [("s3", "AWS_ACCESS_KEY_ID"), ("gs", "GOOGLE_APPLICATION"), ("hf", "HF_TOKEN"), ("x", "cred")],
)
def test_refusal_names_where_credentials_are(scheme: str, remedy: str) -> None:
    assert remedy in str(as_os_error(PermissionError("no"), f"{scheme}://b/k"))


def test_number_of_an_error_is_kept() -> None:
    error = as_os_error(OSError(errno.ENOSPC, "No space left"), "s3://b/k")
    assert isinstance(error, OSError) and error.errno == errno.ENOSPC
    assert error.strerror == "s3://b/k: No space left"


def test_bucket_that_cannot_be_is_not_tried_again() -> None:
    exceptions = pytest.importorskip("botocore.exceptions")
    error = exceptions.ParamValidationError(report="Invalid bucket name")
    assert not is_transient(as_os_error(error, "s3://B_d/k"))
    assert is_transient(as_os_error(exceptions.EndpointConnectionError(endpoint_url="u"), "s3://b"))


def test_faults_are_told_from_answers() -> None:
    assert is_fault(TypeError()) and is_fault(KeyError()) and is_fault(AttributeError())
    assert not any(map(is_fault, (OSError(), ValueError(), ImportError(), Answer(500, "status"))))
