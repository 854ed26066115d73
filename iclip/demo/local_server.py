"""A server that answers this machine only, of a page that may load nothing from elsewhere."""

import contextlib
import os
import signal
import socket
import tempfile
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
# What a page is called from: another name that leads to this machine is somebody else's page, which
# would read ours (DNS rebinding).
HOST_NAMES = [HOST, "localhost"]
# The browser refuses what the page asks of another server. gradio compiles functions
# ('unsafe-eval') and sets styles and scripts in the page.
CONTENT_POLICY = (
    "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; frame-ancestors 'none'; "
    "base-uri 'self'; form-action 'self'"
)
# gradio asks a server of its own whether it is the newest, and counts what is used.
QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # Other ways in which gradio would be told to serve more than the page.
    "GRADIO_ALLOWED_PATHS": "",
    "GRADIO_ROOT_PATH": "",
    "GRADIO_WATCH_DIRS": "",
}

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


class WithContentPolicy:
    """Adds the content policy to each answer of an ASGI application."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ())]
                headers.append((b"content-security-policy", CONTENT_POLICY.encode()))
                headers.append((b"referrer-policy", b"no-referrer"))
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, send_with_policy)


@contextlib.contextmanager
def quiet_gradio() -> Iterator[Path]:
    """Keep gradio from calling home, and give it a folder for uploads that ends with the block.

    It has to be entered before gradio is imported.
    """
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="iclip-demo-") as folder:
        os.environ.update(QUIET, GRADIO_TEMP_DIR=folder)
        try:
            yield Path(folder)
        finally:
            for name in (*QUIET, "GRADIO_TEMP_DIR"):
                os.environ.pop(name, None)
                if name in before:
                    os.environ[name] = before[name]


def listen(port: int) -> socket.socket:
    """Take a port of the loopback address.

    Args:
        port: 0 for any that is free.

    Raises:
        ValueError: It cannot be had.
    """
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((HOST, port))
    except (OSError, OverflowError) as error:
        found.close()
        raise ValueError(
            f"--port {port} of {HOST} cannot be had ({error}); name another, or 0 for any"
        ) from error
    return found


def serve(page: Any, listening: socket.socket, readable: list[str]) -> None:
    """Serve a page of gradio until Ctrl-C or SIGTERM.

    Args:
        page: What :func:`iclip.demo.page.build_page` returns.
        listening: From :func:`listen`.
        readable: Files of this machine that the page shows by their paths.
    """
    import gradio
    import uvicorn
    from fastapi import FastAPI
    from fastapi.middleware import Middleware
    from fastapi.middleware.trustedhost import TrustedHostMiddleware

    guards = [
        Middleware(TrustedHostMiddleware, allowed_hosts=HOST_NAMES),
        Middleware(WithContentPolicy),
    ]
    app = FastAPI(middleware=guards, docs_url=None, redoc_url=None, openapi_url=None)
    gradio.mount_gradio_app(
        app, page, path="/", server_name=HOST, server_port=listening.getsockname()[1],
        allowed_paths=readable, footer_links=[], run_history=False, show_error=True,
        ssr_mode=False, pwa=False, mcp_server=False, enable_monitoring=False,
    )  # fmt: skip
    # uvicorn closes the page at either signal and then raises it again: without a handler, SIGTERM
    # would end the process before the uploads are deleted.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # An open page keeps a connection, for which uvicorn would wait.
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])
