"""Sends a batch over HTTP, with one connection that stays open."""

from __future__ import annotations

import gzip
import http.client
import time
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import SplitResult

from ._answer import Answer
from ._clock import iso_time, wall_ms
from ._queue import Queued

_MIN_GZIP_BYTES = 4 * 1024
# A longer answer is not from X-Ray: a receipt needs some hundred characters a rejection.
_ANSWER_LENGTH = 64 * 1024
_REJECTION_LENGTH = 4 * 1024
# A fork during the first import of a module leaves it half imported in the child. So all modules
# of a request are imported before the first thread begins.
"localhost".encode("idna")
_STALE = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)


class FrozenBatch(NamedTuple):
    """A batch as sent over the wire. Each retry sends the same bytes."""

    body: bytes
    headers: dict[str, str]
    execution_ids: list[str]


def freeze_batch(snapshots: Sequence[Queued], api_key: str, compresses: bool) -> FrozenBatch:
    """A single snapshot as JSON, several as NDJSON. Compresses a large body."""
    stamp = f',"sentAt":"{iso_time(wall_ms())}"}}'.encode()
    # The time of sending replaces each closing brace.
    body = b"\n".join(item.body[:-1] + stamp for item in snapshots)
    kind = "application/json" if len(snapshots) == 1 else "application/x-ndjson"
    headers = {"authorization": f"Bearer {api_key}", "content-type": kind}
    if compresses and len(body) >= _MIN_GZIP_BYTES:
        body = gzip.compress(body, compresslevel=1, mtime=0)
        headers["content-encoding"] = "gzip"
    return FrozenBatch(body, headers, [item.execution_id for item in snapshots])


class Transport:
    """Used by one thread at a time. Never raises."""

    def __init__(self, url: SplitResult) -> None:
        self._url = url
        if url.scheme == "https":
            import ssl

            self._context = ssl.create_default_context()
        self._connection: http.client.HTTPConnection | None = None

    def post(self, batch: FrozenBatch, timeout_s: float) -> Answer:
        deadline = time.monotonic() + timeout_s
        is_reused = self._connection is not None
        try:
            return self._attempt(batch, deadline)
        except _STALE as error:
            self.close()
            if not is_reused:
                return Answer(0, failure=_message(error))
        except Exception as error:
            self.close()
            return Answer(0, failure=_message(error))
        # The server closed the idle connection. The server recognizes a repeated snapshot.
        try:
            return self._attempt(batch, deadline)
        except Exception as error:
            self.close()
            return Answer(0, failure=_message(error))

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except Exception:
                pass

    def forget(self) -> None:
        """Leaves the connection to the process that opened it."""
        self._connection = None

    def _attempt(self, batch: FrozenBatch, deadline: float) -> Answer:
        connection = self._connection or self._connect(deadline)
        self._connection = connection
        self._limit(connection, deadline)
        connection.request("POST", self._url.path, body=batch.body, headers=batch.headers)
        self._limit(connection, deadline)
        response = connection.getresponse()
        most = _ANSWER_LENGTH + len(batch.execution_ids) * _REJECTION_LENGTH
        chunks: list[bytes] = []
        size = 0
        while True:
            self._limit(connection, deadline)
            chunk = response.read1(65_536)
            if not chunk:
                break
            chunks.append(chunk)
            size += len(chunk)
            if size > most:
                chunks = []
                self.close()
                break
        will_close = response.will_close
        # Otherwise the connection waits for somebody to read the end of this answer.
        response.close()
        if will_close:
            self.close()
        return Answer(
            response.status,
            b"".join(chunks).decode("utf-8", "replace"),
            response.getheader("retry-after"),
            response.getheader("date"),
            response.getheader("location"),
        )

    def _connect(self, deadline: float) -> http.client.HTTPConnection:
        url = self._url
        left_s = max(0.001, deadline - time.monotonic())
        host = url.hostname or ""
        if url.scheme == "https":
            return http.client.HTTPSConnection(
                host, url.port, timeout=left_s, context=self._context
            )
        return http.client.HTTPConnection(host, url.port, timeout=left_s)

    def _limit(self, connection: http.client.HTTPConnection, deadline: float) -> None:
        """The limit is on the whole request, so that a slow answer cannot extend it."""
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("timeout")
        connection.timeout = left_s
        if connection.sock is not None:
            connection.sock.settimeout(left_s)


def _message(error: Exception) -> str:
    return "timeout" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
