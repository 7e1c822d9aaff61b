"""Keeps snapshots on disk until they are delivered."""

from __future__ import annotations

import math
import os
import threading
import time
from dataclasses import dataclass
from typing import NamedTuple

from ._queue import MemoryQueue, Queued, QueueHost
from ._spool_files import Segments, SpoolRecord, adopt, create, line_of
from ._warning import warn_once

# The disk counts as stopped if one write lasts longer than this.
_STALL_S = 2.0
_ADOPT_EVERY_S = 15.0


@dataclass(frozen=True)
class Spool:
    """A directory on a local disk, created if it does not exist. Processes may share it.

    Snapshots survive an unavailable server and a killed process. The next process that uses the
    directory delivers them. Beyond `max_bytes` new snapshots are dropped as `spool`.
    """

    dir: str
    max_bytes: int = 256_000_000


class _Line(NamedTuple):
    """A snapshot that is not on disk yet."""

    item: Queued
    line: bytes


class SpoolQueue:
    """A push only notes a line, and a thread of the queue appends the noted lines.

    A take reads from the front: first the records of ended processes, then its own.
    """

    is_durable = True

    def __init__(self, spool: Spool, host: QueueHost) -> None:
        self._root = os.fspath(spool.dir)
        self._max_bytes = spool.max_bytes
        self._host = host
        self._condition = threading.Condition(host.lock)
        self._thread: threading.Thread | None = None
        self._own: Segments | None = None
        self._adopted: list[Segments] = []
        self._pending: list[_Line] = []
        self._pending_bytes = 0
        # The lines of the write in progress. They may or may not be on disk.
        self._writing: list[_Line] = []
        self._writing_since = 0.0
        # Snapshots that could not be written. Nothing else keeps them, so they go first.
        self._memory = MemoryQueue()
        self._next_key = -1
        # The number of this process's records that were pushed but not taken.
        self._waiting = 0
        self._last_pushed = 0
        self._last_taken = 0
        # The orders of the snapshots that were taken and came back to the end of the queue.
        self._returned: set[int] = set()
        self._taken_from: Segments | None = None
        self._next_adoption = 0.0
        self._is_adoption_due = True
        self._is_closed = False
        self._start_thread()

    @property
    def size(self) -> int:
        with self._condition:
            on_disk = 0 if self._is_stalled() else self._waiting + len(self._adopted)
            return on_disk + self._memory.size

    @property
    def bytes(self) -> int:
        with self._condition:
            return self._disk_bytes() + self._memory.bytes

    @property
    def oldest_order(self) -> float:
        with self._condition:
            on_disk = self._last_taken + 1 if self._waiting > 0 else math.inf
            return min(on_disk, self._memory.oldest_order, *self._returned, math.inf)

    def push(self, item: Queued) -> Queued | None:
        line = line_of(item)
        with self._condition:
            if self._is_stalled():
                self._note_order(item)
                self._keep_in_memory(item)
                return None
            if self._disk_bytes() + len(line) > self._max_bytes:
                self._host.lost(item.execution_id, item.reported_drops)
                return None
            self._note_order(item)
            self._pending.append(_Line(item, line))
            self._pending_bytes += len(line)
            self._waiting += 1
            self._start_thread()
            self._condition.notify_all()
        return None

    def shift(self) -> Queued | None:
        with self._condition:
            item = self._memory.shift()
            if item is not None:
                self._returned.discard(item.order)
            return item

    def take(self, max_items: int, max_bytes: int) -> list[Queued]:
        self._wait_for_writes(_STALL_S)
        with self._condition:
            in_memory = self._memory.take(max_items, max_bytes)
            for item in in_memory:
                self._returned.discard(item.order)
            if in_memory or self._is_stalled():
                return in_memory
        if self._is_adoption_due:
            self._adopt_ended()
        return self._take_adopted(max_items, max_bytes) or self._take_own(max_items, max_bytes)

    def settled(self) -> None:
        source, self._taken_from = self._taken_from, None
        if source is None:
            return
        # A snapshot that came back has to be on disk at its new place first.
        self._wait_for_writes(_STALL_S)
        try:
            source.acknowledge()
        except OSError as error:
            self._warn("written", error)

    def secure(self, timeout_s: float) -> None:
        self._wait_for_writes(timeout_s)
        with self._condition:
            if self._writing:
                return
            lines, self._pending = self._pending, []
            if lines:
                self._append(lines)
            if self._waiting == 0 and self._taken_from is not self._own:
                # The next push creates the directory again.
                self._leave(is_empty=True)

    def close(self, timeout_s: float) -> None:
        self.secure(timeout_s)
        with self._condition:
            self._is_closed = True
            self._condition.notify_all()
            self._leave(is_empty=False)
            for source in self._adopted:
                source.release()

    def _leave(self, is_empty: bool) -> None:
        own, self._own = self._own, None
        if own is None:
            return
        if is_empty:
            own.remove_all()
        own.release()

    def _note_order(self, item: Queued) -> None:
        if item.order <= self._last_pushed:
            self._returned.add(item.order)
        self._last_pushed = max(self._last_pushed, item.order)

    def _start_thread(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        self._thread = threading.Thread(target=self._run, name="xray-sdk-spool", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:
            # The process is ending. Its end writes the lines.
            self._thread = None

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._pending and not self._is_closed:
                    wait_s = self._next_adoption - time.monotonic()
                    if wait_s <= 0:
                        self._next_adoption = time.monotonic() + _ADOPT_EVERY_S
                        self._is_adoption_due = True
                        self._host.ready()
                        continue
                    self._condition.wait(wait_s)
                if self._is_closed:
                    return
                self._writing, self._pending = self._pending, []
                self._writing_since = time.monotonic()
            self._append(self._writing)
            with self._condition:
                self._writing = []
                self._condition.notify_all()

    def _append(self, lines: list[_Line]) -> None:
        """Writes the lines, or as many as fit. The others move to memory."""
        kept = 0
        try:
            if self._own is None:
                self._own = create(self._root, self._host.instance_id)
            kept = self._own.append([line for _, line in lines])
        except OSError as error:
            self._warn("written", error)
        with self._condition:
            for place, (item, line) in enumerate(lines):
                self._pending_bytes -= len(line)
                if place >= kept:
                    self._waiting -= 1
                    self._keep_in_memory(item)

    def _keep_in_memory(self, item: Queued) -> None:
        """Beyond the limit the oldest one is lost."""
        self._host.not_durable()
        item.key = self._next_key
        self._next_key -= 1
        self._memory.push(item)
        while (
            self._memory.size > self._host.max_queued
            or self._memory.bytes > self._host.max_queued_bytes
        ):
            oldest = self.shift()
            if oldest is None:
                break
            self._host.lost(oldest.execution_id, oldest.reported_drops)

    def _wait_for_writes(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        with self._condition:
            while self._pending or self._writing:
                left_s = deadline - time.monotonic()
                is_alive = self._thread is not None and self._thread.is_alive()
                if left_s <= 0 or not is_alive:
                    return
                self._condition.wait(left_s)

    def _is_stalled(self) -> bool:
        return bool(self._writing) and time.monotonic() - self._writing_since > _STALL_S

    def _disk_bytes(self) -> int:
        own = 0 if self._own is None else self._own.bytes
        return own + sum(source.bytes for source in self._adopted) + self._pending_bytes

    def _adopt_ended(self) -> None:
        self._is_adoption_due = False
        try:
            os.makedirs(self._root, exist_ok=True)
            found = adopt(self._root)
            with self._condition:
                self._adopted.extend(found)
        except OSError as error:
            self._warn("read", error)

    def _take_adopted(self, max_items: int, max_bytes: int) -> list[Queued]:
        while self._adopted:
            source = self._adopted[0]
            try:
                records, torn = source.read(max_items, max_bytes, is_complete=True)
            except OSError as error:
                # The files stay for a later process. This process continues without them.
                self._warn("read", error)
                self._adopted.pop(0).release()
                continue
            for _ in range(torn):
                self._host.recovered()
                # A damaged line does not reveal its execution.
                self._host.lost("", 0)
            if records:
                for _ in records:
                    self._host.recovered()
                self._taken_from = source
                return [_queued(record, 0) for record in records]
            if torn == 0:
                with self._condition:
                    self._adopted.pop(0)
                source.remove_all()
                source.release()
        return []

    def _take_own(self, max_items: int, max_bytes: int) -> list[Queued]:
        own = self._own
        if own is None or self._waiting == 0:
            return []
        try:
            records, torn = own.read(max_items, max_bytes, is_complete=False)
        except OSError as error:
            self._warn("read", error)
            return []
        with self._condition:
            self._waiting -= len(records) + torn
            for _ in range(torn):
                self._host.lost("", 0)
            for record in records:
                self._returned.discard(record.order)
                self._last_taken = max(self._last_taken, record.order)
            self._taken_from = own
        return [_queued(record, record.order) for record in records]

    def _warn(self, verb: str, error: OSError) -> None:
        warn_once(
            f"the spool in {self._root} cannot be {verb} ({error.strerror or error}): "
            "snapshots wait in memory and do not outlive this process"
        )


def _queued(record: SpoolRecord, order: int) -> Queued:
    return Queued(
        key=-order,
        order=order,
        execution_id=record.execution_id,
        body=record.body,
        reported_drops=record.reported_drops,
        is_on_disk=True,
    )
