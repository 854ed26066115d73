"""An S3 server on the loopback (moto), and a client that fills its buckets."""

import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

KEY_ID, SECRET = "a-key", "a-secret"


class BucketServer:
    """A running server.

    Attributes:
        url: Where it listens.
        client: boto3's client, for filling buckets.
        faults: What the next requests get in place of their answer: a status, or ``'cut'`` for half
            of an answer.
        request_count: Number of requests so far.
    """

    def __init__(self) -> None:
        self.url = ""
        self.client: Any = None
        self.faults: deque[int | str] = deque()
        self.request_count = 0

    def fill(self, bucket: str, contents: dict[str, bytes]) -> None:
        """Make a bucket with objects."""
        self.client.create_bucket(Bucket=bucket)
        for key, content in contents.items():
            self.client.put_object(Bucket=bucket, Key=key, Body=content)


@contextmanager
def serving_buckets() -> Iterator[BucketServer]:
    """Start a server without buckets, and point the environment's variables to it."""
    import boto3
    import fsspec
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    server = BucketServer()
    app = DomainDispatcherApplication(create_backend_app)
    listening = make_server("127.0.0.1", 0, _with_faults(app, server), threaded=True)
    thread = threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{listening.server_port}"
    variables = {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        # The file of the person who runs the tests must not count.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    try:
        with patch.dict(os.environ, variables):
            server.client = boto3.client("s3")
            yield server
    finally:
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        listening.shutdown()
        thread.join()


def _with_faults(app: Any, server: BucketServer) -> Any:
    """Wrap a WSGI application so that it fails where it is told to."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        server.request_count += 1
        fault = server.faults.popleft() if server.faults else None
        if isinstance(fault, int):
            start_response(f"{fault} Fault", [("Content-Length", "0")])
            return []
        content = b"".join(app(environ, start_response))
        # The length that is announced stays the whole one.
        return [content[: len(content) // 2] if fault == "cut" else content]

    return answer
