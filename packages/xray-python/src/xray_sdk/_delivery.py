"""Delivers snapshots in the background and counts each of them."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence

from ._accounts import Accounts, DropReason
from ._answer import RejectedItem, SendResult, read_answer
from ._options import Settings
from ._queue import MemoryQueue, Queued, SnapshotQueue
from ._transport import FrozenBatch, Transport, freeze_batch
from ._warning import warn_once

_FIRST_BACKOFF_S = 0.5
_MAX_BACKOFF_S = 30.0
# The longest pause that the server may request.
_MAX_RETRY_AFTER_S = 300.0
# The number of server errors on one snapshot alone after which it is dropped.
_MAX_FAILURES = 3
# These statuses are temporary: too slow, too early, too often.
_PASSING = (408, 425, 429)


class Delivery:
    """One daemon thread sends one request at a time and waits longer after each failure."""

    def __init__(
        self,
        settings: Settings,
        accounts: Accounts,
        make_queue: Callable[[Callable[[], None]], SnapshotQueue],
    ) -> None:
        self._settings = settings
        self._accounts = accounts
        self._make_queue = make_queue
        self._condition = threading.Condition(accounts.lock)
        self._queue: SnapshotQueue = MemoryQueue()
        self._transport = Transport(settings.url)
        self._is_closed = False
        with self._condition:
            self._begin()

    def _begin(self) -> None:
        self._thread: threading.Thread | None = None
        # Snapshots that left the queue but are not settled. The first ones are in flight.
        self._taken: list[Queued] = []
        self._taken_bytes = 0
        self._batch: tuple[int, FrozenBatch] | None = None
        self._batch_limit = self._settings.delivery.max_batch
        # The executions of snapshots that a proxy refused although each was alone.
        self._stuck: set[str] = set()
        self._is_sending = False
        # A queue on disk is reading a batch, which is neither in the queue nor in `_taken`.
        self._is_taking = False
        self._is_over = False
        self._is_exiting = False
        # The only attempt of an ending process has failed.
        self._has_tried = False
        self._is_due = False
        self._due_at = 0.0
        self._not_before = 0.0
        # The end of a pause that the server requested. Even an urgent flush waits for it.
        self._asked_not_before = 0.0
        self._failures_in_row = 0
        self._next_order = 0
        self._waiters = 0
        self._queue = self._make_queue(self._wake)

    def enqueue(self, key: int, execution_id: str, body: bytes, reported_drops: int) -> None:
        """Adds a snapshot and returns at once."""
        limits = self._settings.delivery
        with self._condition:
            if self._is_closed:
                self._accounts.dropped("shutdown", execution_id, reported_drops)
            else:
                self._next_order += 1
                item = Queued(key, self._next_order, execution_id, body, reported_drops)
                earlier = self._queue.push(item)
                if earlier is not None:
                    self._drop("superseded", earlier)
                while not self._queue.is_durable and self._is_over_limits():
                    oldest = self._shift_stuck() or self._queue.shift()
                    if oldest is None:
                        break
                    self._drop("queue_full", oldest)
                is_full = self._is_full()
                self._schedule(0 if is_full else limits.delay_ms / 1_000)
                self._start_thread()
        self._accounts.announce()

    def flush(self, timeout_s: float, is_last: bool = False) -> bool:
        """Waits until every earlier snapshot is delivered or dropped. False if time is over."""
        deadline = time.monotonic() + timeout_s
        with self._condition:
            last_order = self._next_order
            if self._is_settled(last_order):
                return True
            self._not_before = 0.0 if is_last else self._asked_not_before
            self._waiters += 1
            self._schedule(0)
            self._start_thread()
            try:
                while not self._is_settled(last_order):
                    left_s = deadline - time.monotonic()
                    is_over = self._is_over or (is_last and self._has_tried)
                    if left_s <= 0 or is_over:
                        return self._is_settled(last_order)
                    self._condition.wait(left_s)
                return True
            finally:
                self._waiters -= 1

    def shutdown(self, timeout_s: float) -> bool:
        """Accepts no more snapshots, flushes, and drops the rest when the time is over."""
        deadline = time.monotonic() + timeout_s
        with self._condition:
            self._is_closed = True
        is_settled = self.flush(timeout_s, is_last=True)
        with self._condition:
            self._is_over = True
            self._condition.notify_all()
        # A snapshot that cannot be written to disk now is lost as well.
        self._queue.close(max(0.1, deadline - time.monotonic()))
        self._give_up("shutdown")
        return is_settled

    def last_attempt(self, timeout_s: float) -> None:
        """Called when the process ends. Makes one attempt, then drops and counts the rest."""
        deadline = time.monotonic() + timeout_s
        with self._condition:
            self._is_exiting = True
        self._send_here_without_thread(deadline)
        self.flush(max(0.0, deadline - time.monotonic()), is_last=True)
        self._queue.secure(max(0.1, deadline - time.monotonic()))
        self._give_up("exit")
        self._is_exiting = self._has_tried = False

    def forked(self) -> None:
        """A forked process sends nothing of its parent, and has its own thread and connection."""
        self._condition = threading.Condition(self._accounts.lock)
        self._transport.forget()
        with self._condition:
            self._begin()

    def _send_here_without_thread(self, deadline: float) -> None:
        """At the end of a process Python starts no more threads."""
        if self._thread is not None and self._thread.is_alive():
            return
        while time.monotonic() < deadline and self._take_some():
            if not self._send_one(deadline - time.monotonic()):
                return

    def _start_thread(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        thread = threading.Thread(target=self._run, name="xray-sdk", daemon=True)
        try:
            thread.start()
            self._thread = thread
        except RuntimeError:
            # The process is ending or has no room for a thread. Its end makes the last attempt.
            self._thread = None

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._is_over:
                    wait_s = self._wait_s()
                    if wait_s is not None and wait_s <= 0:
                        break
                    self._condition.wait(wait_s)
                if self._is_over:
                    return
                self._is_due = False
                self._is_sending = True
            try:
                while self._take_some():
                    is_up = self._send_one(self._settings.delivery.timeout_ms / 1_000)
                    with self._condition:
                        if not is_up or not self._is_urgent() or self._is_over:
                            break
            except Exception:
                warn_once("delivery failed unexpectedly; the SDK will try again")
                self._pause(None)
            with self._condition:
                self._is_sending = False
                if self._has_work():
                    delay_s = self._settings.delivery.delay_ms / 1_000
                    self._schedule(0 if self._is_urgent() else delay_s)
                self._condition.notify_all()

    def _wait_s(self) -> float | None:
        if not self._is_due:
            return None
        return max(self._due_at, self._not_before) - time.monotonic()

    def _schedule(self, delay_s: float) -> None:
        due_at = time.monotonic() + delay_s
        if self._is_due and self._due_at <= due_at:
            return
        self._is_due = True
        self._due_at = due_at
        if not self._is_sending:
            self._condition.notify_all()

    def _wake(self) -> None:
        """The queue on disk has something to take."""
        with self._condition:
            self._schedule(0)
            self._start_thread()

    def _is_urgent(self) -> bool:
        """Otherwise snapshots wait for more, because a request costs more than a snapshot."""
        return bool(self._taken) or self._waiters > 0 or self._queue.is_durable or self._is_full()

    def _is_full(self) -> bool:
        return (
            self._queue.size >= self._batch_limit
            or self._queue.bytes >= self._settings.delivery.max_batch_bytes
        )

    def _is_over_limits(self) -> bool:
        limits = self._settings.delivery
        if self._queue.size + len(self._taken) > limits.max_queued:
            return True
        size = self._queue.bytes
        if size + self._taken_bytes <= limits.max_queued_bytes:
            return False
        # The count of taken bytes is an upper bound. It is refreshed only here.
        self._taken_bytes = sum(len(item.body) for item in self._taken)
        return size + self._taken_bytes > limits.max_queued_bytes

    def _take_some(self) -> bool:
        limits = self._settings.delivery
        with self._condition:
            if self._taken:
                return True
            if not self._queue.is_durable:
                self._taken = self._queue.take(self._batch_limit, limits.max_batch_bytes)
                self._taken_bytes = sum(len(item.body) for item in self._taken)
                return bool(self._taken)
            self._is_taking = True
        batch: list[Queued] = []
        try:
            batch = self._queue.take(self._batch_limit, limits.max_batch_bytes)
        finally:
            with self._condition:
                self._taken = batch
                self._is_taking = False
                self._condition.notify_all()
        self._accounts.announce()
        return bool(batch)

    def _send_one(self, timeout_s: float) -> bool:
        with self._condition:
            known = self._batch
            items = self._taken[: known[0] if known else self._next_size()]
        settings = self._settings
        frozen = (
            known[1] if known else freeze_batch(items, settings.api_key, settings.delivery.gzip)
        )
        with self._condition:
            self._batch = (len(items), frozen)
        answer = self._transport.post(frozen, timeout_s)
        result = read_answer(answer, frozen.execution_ids, time.time())
        with self._condition:
            # A shutdown ran out of time and dropped these snapshots; this answer is too late.
            is_late = not self._taken or not items or self._taken[0] is not items[0]
            is_up = False if is_late else self._settle(items, result)
            self._condition.notify_all()
        self._accounts.announce()
        return is_up

    def _next_size(self) -> int:
        """A stuck snapshot goes alone, so that it holds up no other."""
        for place, item in enumerate(self._taken):
            if item.execution_id in self._stuck:
                return min(self._batch_limit, max(place, 1))
        return self._batch_limit

    def _settle(self, items: Sequence[Queued], result: SendResult) -> bool:
        """Counts the result of one request. Returns whether to send the next batch at once."""
        if result.kind == "delivered":
            return self._settle_delivered(items, result.rejected)
        if result.kind == "refused":
            return self._settle_refused(items, result.status)
        if result.kind == "foreign":
            self._accounts.unconfirmed += 1
            if 400 <= result.status < 500 and result.status not in _PASSING:
                self._isolate(items)
        self._accounts.retries += 1
        url = self._settings.url
        warn_once(
            f"cannot deliver to {url.scheme}://{url.netloc} ({result.message}); will keep trying"
        )
        self._pause(result.retry_after_s)
        return False

    def _isolate(self, items: Sequence[Queued]) -> None:
        """A proxy may refuse one snapshot only. Halving isolates it, and the others overtake it."""
        self._batch = None
        self._batch_limit = (len(items) + 1) // 2
        if len(items) != 1:
            return
        item = items[0]
        self._stuck.add(item.execution_id)
        self._taken = [*self._taken[1:], item]
        if not all(each.execution_id in self._stuck for each in self._taken):
            return
        if self._queue.is_durable:
            # They go to the end of the queue on disk, where they are equally safe.
            for each in self._taken:
                self._queue.push(each)
            self._release(len(self._taken), [])
            return
        limits = self._settings.delivery
        others = self._queue.take(limits.max_batch, limits.max_batch_bytes)
        self._taken = [*others, *self._taken]
        self._taken_bytes += sum(len(item.body) for item in others)

    def _settle_delivered(self, items: Sequence[Queued], rejected: list[RejectedItem]) -> bool:
        by_place = {item.place: item for item in rejected}
        again: list[Queued] = []
        for index, item in enumerate(items):
            refusal = by_place.get(index)
            if refusal is None:
                self._stuck.discard(item.execution_id)
                self._accounts.delivered()
            elif refusal.is_retryable and self._may_fail_again(item):
                again.append(item)
            else:
                self._drop(_reason_of(refusal), item)
        self._release(len(items), again)
        if again:
            self._accounts.retries += 1
            self._pause(None)
            return False
        self._failures_in_row = 0
        self._batch_limit = min(self._batch_limit * 2, self._settings.delivery.max_batch)
        return True

    def _settle_refused(self, items: Sequence[Queued], status: int) -> bool:
        is_servers_fault = status >= 500
        is_keys_fault = status in (401, 403)
        if len(items) > 1 and not is_keys_fault:
            # One bad snapshot may fail the whole batch. Smaller batches isolate it.
            self._batch_limit = (len(items) + 1) // 2
            self._batch = None
            self._accounts.retries += 1
            if is_servers_fault:
                self._pause(None)
            return not is_servers_fault
        if is_servers_fault and all(self._may_fail_again(item) for item in items):
            self._accounts.retries += 1
            self._pause(None)
            return False
        warn_once(f"{self._settings.url.geturl()} answered {status}: the SDK drops these records")
        for item in items:
            self._drop(_reason_of_status(status), item)
        self._release(len(items), [])
        # The next batch has the same key, so wait before it.
        if is_keys_fault or is_servers_fault:
            self._pause(None)
        return not is_keys_fault and not is_servers_fault

    def _shift_stuck(self) -> Queued | None:
        """Removes the oldest stuck snapshot that is not in flight."""
        in_flight = (
            self._batch[0] if self._batch else (self._batch_limit if self._is_sending else 0)
        )
        for place in range(in_flight, len(self._taken)):
            if self._taken[place].execution_id in self._stuck:
                return self._taken.pop(place)
        return None

    def _may_fail_again(self, item: Queued) -> bool:
        item.failures += 1
        return item.failures < _MAX_FAILURES

    def _release(self, count: int, again: list[Queued]) -> None:
        """Settles the first `count` taken snapshots, except those to send again."""
        self._taken = [*again, *self._taken[count:]]
        self._batch = None
        if not self._taken:
            self._queue.settled()

    def _pause(self, retry_after_s: float | None) -> None:
        """Waits twice as long as after the last failure, plus a random part."""
        with self._condition:
            self._failures_in_row += 1
            ceiling_s = min(
                _FIRST_BACKOFF_S * 2 ** min(self._failures_in_row - 1, 10), _MAX_BACKOFF_S
            )
            backoff_s = ceiling_s * (0.5 + random.random() / 2)
            wait_s = max(backoff_s, min(retry_after_s or 0, _MAX_RETRY_AFTER_S))
            self._not_before = time.monotonic() + wait_s
            self._asked_not_before = 0.0 if retry_after_s is None else self._not_before
            if self._is_exiting:
                self._has_tried = True
                self._drop_volatile("exit")

    def _give_up(self, reason: DropReason) -> None:
        with self._condition:
            self._drop_volatile(reason)
            self._condition.notify_all()
        self._accounts.announce()

    def _drop_volatile(self, reason: DropReason) -> None:
        """Drops and counts all snapshots that are not on disk."""
        items = [item for item in self._taken if not item.is_on_disk]
        self._taken = [item for item in self._taken if item.is_on_disk]
        while True:
            item = self._queue.shift()
            if item is None:
                break
            items.append(item)
        if items:
            self._batch = None
        for item in items:
            self._drop(reason, item)

    def _drop(self, reason: DropReason, item: Queued) -> None:
        self._stuck.discard(item.execution_id)
        self._accounts.dropped(reason, item.execution_id, item.reported_drops)

    def _has_work(self) -> bool:
        return bool(self._taken) or self._queue.size > 0

    def _is_settled(self, last_order: int) -> bool:
        return (
            not self._is_taking
            and all(item.order > last_order for item in self._taken)
            and self._queue.oldest_order > last_order
        )


def _reason_of(refusal: RejectedItem) -> DropReason:
    if refusal.is_retryable:
        return "server_error"
    return "too_large" if refusal.is_too_large else "rejected"


def _reason_of_status(status: int) -> DropReason:
    if status == 413:
        return "too_large"
    if status in (401, 403):
        return "unauthorized"
    return "server_error" if status >= 500 else "rejected"
