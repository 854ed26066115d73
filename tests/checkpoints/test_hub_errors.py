"""Errors of the hub's client become messages; others pass through."""

import pytest

from iclip.checkpoints.hub_errors import explained
from iclip.user_errors import is_for_the_user


def caught(error: Exception) -> Exception:
    try:
        with explained("hf-hub:a/b", "http://hub"):
            raise error
    except Exception as found:
        return found
    raise AssertionError


@pytest.mark.parametrize("error", [ValueError("of the hub's own"), FileNotFoundError("absent")])
def test_messages_pass_through(error: Exception):
    assert caught(error) is error


def test_broken_connection_is_a_message():
    found = caught(ConnectionResetError(104, "Connection reset by peer"))
    assert "hf-hub:a/b: the exchange with http://hub broke off" in str(found)
    assert "Connection reset" in str(found) and is_for_the_user(found)


def test_faults_of_the_hub_pass_through():
    error = KeyError("x")
    assert caught(error) is error
