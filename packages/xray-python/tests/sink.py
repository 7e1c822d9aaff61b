"""A small HTTP server in the role of X-Ray. It keeps the snapshots that arrive."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REQUEST_ID = "0f0c9f0e-6c5b-4d43-a3a5-0a86e0a3f2b1"
_CODES = {
    400: "invalid",
    401: "unauthorized",
    403: "forbidden",
    413: "too_large",
    422: "storage",
    429: "rate_limited",
    500: "internal",
    503: "unavailable",
}

Reply = tuple[int, str, dict[str, str]]
Behaviour = Callable[[list[dict[str, Any]]], Reply]


def accept(snapshots: list[dict[str, Any]]) -> Reply:
    receipt = {"accepted": len(snapshots), "duplicates": 0, "superseded": 0, "rejected": []}
    return 202, json.dumps(receipt), {}


def error(status: int, headers: dict[str, str] | None = None) -> Behaviour:
    """An error in X-Ray's format."""
    body = {"error": {"code": _CODES[status], "message": "no", "requestId": REQUEST_ID}}
    return lambda _: (status, json.dumps(body), headers or {})


def reject(code: str, retryable: bool) -> Behaviour:
    """Rejects every snapshot of the batch."""

    def behave(snapshots: list[dict[str, Any]]) -> Reply:
        rejected = [
            {
                "index": index,
                "executionId": snapshot["executionId"],
                "code": code,
                "message": "no",
                "retryable": retryable,
            }
            for index, snapshot in enumerate(snapshots)
        ]
        body = {"accepted": 0, "duplicates": 0, "superseded": 0, "rejected": rejected}
        return 400, json.dumps(body), {}

    return behave


class Sink:
    """Listens on a free port of the loopback interface."""

    def __init__(self, behaviour: Behaviour = accept) -> None:
        self.behaviour = behaviour
        self.requests: list[tuple[dict[str, str], list[dict[str, Any]]]] = []
        self.snapshots: list[dict[str, Any]] = []
        self.arrived = threading.Condition()
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                snapshots = [json.loads(line) for line in body.decode().split("\n")]
                status, text, headers = sink.behaviour(snapshots)
                with sink.arrived:
                    sink.requests.append((dict(self.headers.items()), snapshots))
                    sink.snapshots.extend(snapshots)
                    sink.arrived.notify_all()
                data = text.encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: object, client_address: object) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def wait_for(self, condition: Callable[[], bool], timeout_s: float = 10) -> None:
        """Waits until the condition on what arrived holds."""
        deadline = time.monotonic() + timeout_s
        with self.arrived:
            while not condition():
                left = deadline - time.monotonic()
                assert left > 0, f"nothing more arrived; {len(self.snapshots)} snapshots did"
                self.arrived.wait(left)

    def ids(self) -> list[str]:
        return [str(snapshot["executionId"]) for snapshot in self.snapshots]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
