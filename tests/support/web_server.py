"""A web server on the loopback that serves given bytes, and misbehaves when told to."""

import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote

from tests.support.loopback import QuietHandler, listening


class WebServer:
    """What the server holds, and what it is to do.

    Attributes:
        url: Where it listens, without a slash at the end.
        files: Contents by path, such as ``/a.tar``.
        faults: What the next requests get in place of their answer: a status, ``'cut'`` for half
            of an answer, or ``'silent'`` for none.
        ranges: Whether requests for a part of a file are granted.
        sizes: Whether answers state their length.
        requests: Number of requests by method and path.
    """

    def __init__(self) -> None:
        self.url = ""
        self.files: dict[str, bytes] = {}
        self.faults: deque[int | str] = deque()
        self.ranges = True
        self.sizes = True
        self.requests: Counter[tuple[str, str]] = Counter()


@contextmanager
def serving(files: dict[str, bytes]) -> Iterator[WebServer]:
    """Serve files on a free port of the loopback, in threads of this process."""
    server = WebServer()
    server.files = files
    stopped = threading.Event()

    class Handler(QuietHandler):
        def do_HEAD(self) -> None:  # the base class's name
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, with_body: bool) -> None:
            path = unquote(self.path.partition("?")[0])
            server.requests[self.command, path] += 1
            fault = server.faults.popleft() if server.faults else None
            if fault == "silent":
                stopped.wait(5)
                self.close_connection = True
            elif isinstance(fault, int):
                self._send(fault, b"")
            elif path not in server.files:
                self._send(404, b"")
            else:
                self._send_file(server.files[path], with_body, cut=fault == "cut")

        def _send_file(self, content: bytes, with_body: bool, cut: bool) -> None:
            wanted = self.headers.get("Range") if server.ranges else None
            headers = {"ETag": f'"{len(content)}-{sum(content[:64])}"'}
            status = 200
            if wanted:
                first, _, last = wanted.removeprefix("bytes=").partition("-")
                end = min(int(last) + 1, len(content)) if last else len(content)
                if int(first) >= len(content):
                    self._send(416, b"")
                    return
                headers["Content-Range"] = f"bytes {first}-{end - 1}/{len(content)}"
                content, status = content[int(first) : end], 206
            self._send(status, content, headers, with_body, cut)

        def _send(
            self,
            status: int,
            content: bytes,
            headers: dict[str, str] | None = None,
            with_body: bool = True,
            cut: bool = False,
        ) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            if server.sizes:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if with_body:
                self.wfile.write(content[: len(content) // 2] if cut else content)
            if cut or not server.sizes:
                self.close_connection = True

    with listening(Handler) as server.url:
        try:
            yield server
        finally:
            stopped.set()
