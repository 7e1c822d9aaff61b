from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from sink import Reply, Sink, accept, error, reject

from xray_sdk import Delivery, DropEvent, XRay

FAST = Delivery(delay_ms=0)


def client(endpoint: str, **options: Any) -> XRay:
    whole = {"api_key": "xr_test", "app_id": "app", "pipeline": "work", "delivery": FAST}
    return XRay(**{**whole, "endpoint": endpoint, **options})


def record(xray: XRay, *ids: str) -> None:
    for execution_id in ids:
        xray.execution(execution_id=execution_id).complete()


def is_exact(xray: XRay) -> bool:
    stats = xray.stats()
    return stats.recorded == stats.delivered + stats.queued + sum(stats.dropped.values())


def test_snapshots_share_a_compressed_request(sink: Sink) -> None:
    xray = client(sink.endpoint, delivery=Delivery(delay_ms=50))
    record(xray, *(f"e-{n}" for n in range(50)))
    assert xray.shutdown(5)
    headers, snapshots = sink.requests[0]
    assert len(sink.requests) == 1
    assert len(snapshots) == 50
    assert headers["content-encoding"] == "gzip"
    assert headers["content-type"] == "application/x-ndjson"
    assert headers["authorization"] == "Bearer xr_test"
    assert all("sentAt" in snapshot for snapshot in snapshots)


def test_an_unavailable_server_is_tried_again_with_the_same_bytes(sink: Sink) -> None:
    replies = [error(503), accept]
    sink.behaviour = lambda snapshots: replies.pop(0)(snapshots)
    xray = client(sink.endpoint)
    record(xray, "e-1")
    assert xray.flush(5)
    assert sink.requests[0][1] == sink.requests[1][1]
    stats = xray.stats()
    assert (stats.delivered, stats.retries) == (1, 1)
    xray.shutdown(1)


def test_a_requested_pause_is_kept(sink: Sink) -> None:
    sink.behaviour = error(429, {"retry-after": "60"})
    xray = client(sink.endpoint)
    record(xray, "e-1")
    sink.wait_for(lambda: len(sink.requests) == 1)
    assert not xray.flush(0.2)
    assert len(sink.requests) == 1
    assert not xray.shutdown(0.2)
    assert xray.stats().dropped == {"shutdown": 1}


@pytest.mark.parametrize(
    ("status", "reason"),
    [(400, "rejected"), (401, "unauthorized"), (403, "unauthorized"), (413, "too_large")],
)
def test_a_refused_snapshot_is_dropped_with_the_reason(
    sink: Sink, status: int, reason: str
) -> None:
    sink.behaviour = error(status)
    dropped: list[DropEvent] = []
    xray = client(sink.endpoint, on_drop=dropped.append)
    record(xray, "e-1")
    assert xray.flush(5)
    assert dropped == [DropEvent(reason, "e-1")]  # type: ignore[arg-type]
    assert xray.stats().dropped == {reason: 1}
    sink.behaviour = accept
    record(xray, "e-2")
    assert xray.shutdown(5)
    assert sink.snapshots[-1]["dropped"] == {"snapshotsSinceLast": 1}


def test_rejected_items_are_dropped_and_retryable_ones_are_sent_again(sink: Sink) -> None:
    replies = [reject("storage", True), reject("invalid", False)]
    sink.behaviour = lambda snapshots: replies.pop(0)(snapshots)
    xray = client(sink.endpoint)
    record(xray, "e-1")
    assert xray.flush(5)
    assert sink.ids() == ["e-1", "e-1"]
    assert xray.stats().dropped == {"rejected": 1}
    xray.shutdown(1)


def test_a_batch_that_fails_is_halved_until_the_bad_snapshot_is_alone(sink: Sink) -> None:
    def behave(snapshots: list[dict[str, Any]]) -> Reply:
        bad = any(snapshot["executionId"] == "bad" for snapshot in snapshots)
        return error(413)(snapshots) if bad else accept(snapshots)

    sink.behaviour = behave
    xray = client(sink.endpoint, delivery=Delivery(delay_ms=50))
    record(xray, "a", "b", "bad", "c", "d")
    assert xray.shutdown(10)
    stats = xray.stats()
    assert (stats.delivered, stats.dropped) == (4, {"too_large": 1})


@pytest.mark.parametrize(
    "reply",
    [
        (200, "<html>sign in</html>", {}),
        (302, "", {"location": "https://login.example/?secret=1"}),
        (202, '{"accepted":5,"duplicates":0,"superseded":0,"rejected":[]}', {}),
        (404, '{"error":"not found"}', {}),
    ],
)
def test_an_answer_that_is_not_xrays_settles_nothing(sink: Sink, reply: Reply) -> None:
    replies = [lambda _: reply, accept]
    sink.behaviour = lambda snapshots: replies.pop(0)(snapshots)
    xray = client(sink.endpoint)
    record(xray, "e-1")
    assert xray.flush(5)
    assert sink.ids() == ["e-1", "e-1"]
    stats = xray.stats()
    assert (stats.delivered, stats.unconfirmed) == (1, 1)
    xray.shutdown(1)


@pytest.mark.full
def test_a_snapshot_that_a_proxy_refuses_holds_up_no_other(sink: Sink) -> None:
    def behave(snapshots: list[dict[str, Any]]) -> Reply:
        bad = any(snapshot["executionId"] == "bad" for snapshot in snapshots)
        return (403, "blocked", {}) if bad else accept(snapshots)

    sink.behaviour = behave
    xray = client(sink.endpoint, delivery=Delivery(delay_ms=50))
    record(xray, "a", "bad", "b")
    sink.wait_for(lambda: xray.flush(0.05) or {"a", "b"} <= set(sink.ids()[-4:]))
    deadline = time.monotonic() + 5
    while xray.stats().delivered < 2 and time.monotonic() < deadline:
        xray.flush(0.1)
    assert xray.stats().delivered == 2
    sink.behaviour = accept
    assert xray.shutdown(5)
    assert xray.stats().delivered == 3


def test_a_full_queue_drops_the_oldest_and_says_so(sink: Sink) -> None:
    dropped: list[DropEvent] = []
    xray = client(
        "http://127.0.0.1:9", on_drop=dropped.append, delivery=Delivery(max_queued=5, max_batch=2)
    )
    record(xray, *(f"e-{n}" for n in range(20)))
    assert is_exact(xray)
    assert len([event for event in dropped if event.reason == "queue_full"]) >= 13
    assert not xray.shutdown(0.1)
    assert is_exact(xray)
    assert xray.stats().queued == 0
    assert len(dropped) == 20


def test_a_checkpoint_is_superseded_before_it_was_sent(sink: Sink) -> None:
    xray = client(sink.endpoint, delivery=Delivery(delay_ms=200))
    execution = xray.execution()
    execution.checkpoint()
    execution.complete()
    assert xray.shutdown(5)
    assert [snapshot["revision"] for snapshot in sink.snapshots] == [2]
    assert xray.stats().dropped == {"superseded": 1}


def test_nothing_is_recorded_after_shutdown(sink: Sink) -> None:
    xray = client(sink.endpoint)
    assert xray.shutdown(1)
    record(xray, "late")
    assert xray.stats().dropped == {"shutdown": 1}
    assert sink.snapshots == []


def test_a_callback_that_raises_and_records_changes_no_count(sink: Sink) -> None:
    def on_drop(event: DropEvent) -> None:
        if event.execution_id == "e-1":
            record(xray, "again")
        raise RuntimeError("no")

    sink.behaviour = error(400)
    xray = client(sink.endpoint, on_drop=on_drop)
    record(xray, "e-1")
    assert xray.flush(5)
    assert xray.flush(5)
    assert xray.stats().dropped == {"rejected": 2}
    assert is_exact(xray)
    xray.shutdown(1)


def test_recording_does_not_wait_for_a_server_that_hangs(sink: Sink) -> None:
    released = threading.Event()

    def hang(snapshots: list[dict[str, Any]]) -> Reply:
        released.wait(10)
        return accept(snapshots)

    sink.behaviour = hang
    xray = client(sink.endpoint)
    record(xray, "e-0")
    started = time.monotonic()
    record(xray, *(f"e-{n}" for n in range(1, 500)))
    assert time.monotonic() - started < 5
    assert not xray.flush(0.1)
    released.set()
    assert xray.shutdown(10)
    assert xray.stats().delivered == 500


def test_a_request_has_a_limit_for_its_whole_time(sink: Sink) -> None:
    import socket

    listener = socket.create_server(("127.0.0.1", 0))
    is_over = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 202 Accepted\r\ncontent-length: 1000\r\n\r\n")
        while not is_over.wait(0.05):
            try:
                connection.sendall(b"x")
            except OSError:
                return

    threading.Thread(target=drip, daemon=True).start()
    endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
    xray = client(endpoint, delivery=Delivery(delay_ms=0, timeout_ms=300))
    record(xray, "e-1")
    deadline = time.monotonic() + 5
    while xray.stats().retries == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert xray.stats().retries == 1
    is_over.set()
    listener.close()
    xray.shutdown(0)


def test_an_idle_connection_that_the_server_closed_is_opened_again(sink: Sink) -> None:
    xray = client(sink.endpoint)
    record(xray, "e-1")
    assert xray.flush(5)
    connection = xray._sender._transport._connection
    assert connection is not None
    import socket as sockets

    connection.sock.shutdown(sockets.SHUT_RDWR)
    record(xray, "e-2")
    assert xray.flush(5)
    assert xray.stats().retries == 0
    assert sink.ids() == ["e-1", "e-2"]
    xray.shutdown(1)
