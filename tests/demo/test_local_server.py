"""The server is for this machine, and its page asks no other one."""

import asyncio
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from iclip.demo.local_server import HOST, QUIET, WithContentPolicy, listen, quiet_gradio


def answered(headers: list[tuple[bytes, bytes]]) -> list[dict[str, Any]]:
    """What a client gets of an application that answers with some headers."""
    sent: list[dict[str, Any]] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"hello"})

    async def send(message: Any) -> None:
        sent.append(dict(message))

    async def receive() -> Any:
        return {"type": "http.request"}

    asyncio.run(WithContentPolicy(application)({"type": "http"}, receive, send))
    return sent


def test_every_answer_forbids_what_comes_from_elsewhere() -> None:
    start, body = answered([(b"content-type", b"text/html")])
    headers = dict(start["headers"])
    policy = headers[b"content-security-policy"].decode()
    assert policy.startswith("default-src 'self'") and "http" not in policy and "*" not in policy
    assert headers[b"content-type"] == b"text/html" and start["status"] == 200
    assert body["body"] == b"hello"


def test_it_listens_on_the_loopback_address_only() -> None:
    with listen(0) as found:
        host, port = found.getsockname()
        assert host == HOST == "127.0.0.1" and port > 0


@pytest.mark.parametrize("port", [70000, -1])
def test_port_that_cannot_be_is_named(port: int) -> None:
    with pytest.raises(
        ValueError, match=rf"--port {port} of 127\.0\.0\.1 cannot be had .*0 for any"
    ):
        listen(port)


def test_port_that_is_taken_is_named() -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ValueError, match=rf"--port {port} of .* name another"):
            listen(port)


def test_gradio_counts_nothing_and_uploads_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_ANALYTICS_ENABLED", "True")
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    with quiet_gradio() as folder:
        assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"
        assert Path(os.environ["GRADIO_TEMP_DIR"]) == folder
        (folder / "upload.jpg").write_bytes(b"private")
    assert not folder.exists()
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "True"
    assert "GRADIO_TEMP_DIR" not in os.environ


def test_environment_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_ROOT_PATH", "/mine")
    before = dict(os.environ)
    with quiet_gradio():
        assert all(os.environ[name] == value for name, value in QUIET.items())
    assert dict(os.environ) == before
