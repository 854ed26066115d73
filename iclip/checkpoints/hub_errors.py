"""What went wrong between this machine and a hub, in a user's words."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from iclip.messages import first_line

_REFUSED = (401, 403)


@contextmanager
def explained(what: str, endpoint: str | None) -> Iterator[None]:
    """Turn errors of huggingface_hub into messages.

    Args:
        what: What is fetched or sent, as the user wrote it; messages begin with it.
        endpoint: The hub's address; None for the default.

    Raises:
        FileNotFoundError: The hub does not have it, or it cannot be reached and the cache does not
            hold it.
        PermissionError: The hub refuses the token, or asks for one.
        OSError: Anything else that the hub or the network does.
        ValueError: As the block raises it.
    """
    from huggingface_hub.errors import HTTPError

    try:
        yield
    except (HTTPError, OSError, RuntimeError) as error:
        if type(error) in (FileNotFoundError, PermissionError):  # of the hub's own, with a message
            raise
        raise _as_message(what, endpoint, error) from error


def _as_message(what: str, endpoint: str | None, error: Exception) -> OSError:
    from huggingface_hub import constants
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    hub = endpoint or constants.ENDPOINT
    cause = _cause(error, (HfHubHTTPError,))
    if isinstance(cause, RevisionNotFoundError):
        return FileNotFoundError(f"{what}: {hub} has this model, but no such revision")
    if isinstance(cause, GatedRepoError):
        return PermissionError(
            f"{what}: its owners ask for their terms to be accepted, on the model's page of {hub}; "
            f"then {_how_to_sign_in()}"
        )
    if isinstance(cause, RepositoryNotFoundError):
        return FileNotFoundError(
            f"{what}: {hub} has no such model, or it is private and not shown to you. Check the "
            f"name, and {_how_to_sign_in()}"
        )
    if isinstance(cause, HfHubHTTPError) and cause.response.status_code in _REFUSED:
        said = f": {cause.server_message}" if cause.server_message else ""
        return PermissionError(
            f"{what}: {hub} refuses ({cause.response.status_code}{said}). "
            f"Please {_how_to_sign_in()}"
        )
    if isinstance(cause, HfHubHTTPError):
        return OSError(f"{what}: {hub} answers {first_line(cause)}. Try again later")
    if isinstance(error, LocalEntryNotFoundError | OfflineModeIsEnabled):
        why = (
            "HF_HUB_OFFLINE is set"
            if constants.is_offline_mode()
            else f"{hub} cannot be reached ({first_line(error.__cause__ or error)})"
        )
        return FileNotFoundError(
            f"{what} is not in the cache ({constants.HF_HUB_CACHE}), and {why}"
        )
    return OSError(
        f"{what}: the exchange with {hub} broke off ({first_line(error.__cause__ or error)}). "
        "Nothing half is left; the same command tries again"
    )


def _cause(error: BaseException, kinds: tuple[type[Exception], ...]) -> BaseException:
    """Return the error, or the one of some kinds that it was raised from."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, kinds):
            return found
        found = found.__cause__
    return error


def _how_to_sign_in() -> str:
    if os.environ.get("HF_TOKEN"):
        return "check that HF_TOKEN, which is set, is valid and may do this"
    return "set HF_TOKEN to a token of yours, or sign in with `hf auth login`"
