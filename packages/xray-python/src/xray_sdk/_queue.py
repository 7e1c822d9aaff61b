"""Snapshots that wait for delivery."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import RLock
from typing import Protocol


@dataclass
class Queued:
    """A snapshot with the facts that the counts need."""

    # One key per execution and process. A later snapshot with the key replaces the earlier one.
    key: int
    # Its number among the snapshots that this client enqueued.
    order: int
    execution_id: str
    body: bytes
    # The losses that this snapshot reports. If it is lost itself, the next snapshot reports them.
    reported_drops: int
    is_on_disk: bool = False
    # How often the server failed when this snapshot was alone in a request.
    failures: int = 0


class SnapshotQueue(Protocol):
    """A queue in memory or on disk."""

    # Whether snapshots outlive the process. Such a queue limits its own size.
    is_durable: bool

    @property
    def size(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    @property
    def oldest_order(self) -> float:
        """The order of the oldest snapshot, or a lower bound of it. Infinity if empty."""
        ...

    def push(self, item: Queued) -> Queued | None:
        """Adds at the end. Returns an earlier snapshot of the same execution that it replaces."""
        ...

    def shift(self) -> Queued | None:
        """Removes the oldest snapshot that is only in memory."""
        ...

    def take(self, max_items: int, max_bytes: int) -> list[Queued]:
        """Removes a batch within the bounds: at least one snapshot, if there is any."""
        ...

    def settled(self) -> None:
        """Called when all taken snapshots are delivered or dropped."""
        ...

    def secure(self, timeout_s: float) -> None:
        """Makes the pushed snapshots as safe as this queue can."""
        ...

    def close(self, timeout_s: float) -> None: ...


@dataclass
class QueueHost:
    """The part of the client that a queue on disk uses."""

    # The client's lock, so that counts and queues always agree.
    lock: RLock
    instance_id: str
    max_queued: int
    max_queued_bytes: int
    # The queue found a snapshot of an earlier process. It counts as recorded from now on.
    recovered: Callable[[], None]
    not_durable: Callable[[], None]
    # The queue lost a snapshot: its execution and its reported losses.
    lost: Callable[[str, int], None]
    # The queue has something to take.
    ready: Callable[[], None]


class MemoryQueue:
    """First in, first out. The user of the queue limits its size."""

    is_durable = False

    def __init__(self) -> None:
        self._items: OrderedDict[int, Queued] = OrderedDict()
        self._bytes = 0

    @property
    def size(self) -> int:
        return len(self._items)

    @property
    def bytes(self) -> int:
        return self._bytes

    @property
    def oldest_order(self) -> float:
        for item in self._items.values():
            return item.order
        return math.inf

    def push(self, item: Queued) -> Queued | None:
        earlier = self._items.pop(item.key, None)
        if earlier is not None:
            self._bytes -= len(earlier.body)
        self._items[item.key] = item
        self._bytes += len(item.body)
        return earlier

    def shift(self) -> Queued | None:
        if not self._items:
            return None
        _, oldest = self._items.popitem(last=False)
        self._bytes -= len(oldest.body)
        return oldest

    def take(self, max_items: int, max_bytes: int) -> list[Queued]:
        batch: list[Queued] = []
        size = 0
        while self._items and len(batch) < max_items:
            item = next(iter(self._items.values()))
            if batch and size + len(item.body) > max_bytes:
                break
            size += len(item.body)
            batch.append(item)
            self.shift()
        return batch

    def settled(self) -> None:
        pass

    def secure(self, timeout_s: float) -> None:
        pass

    def close(self, timeout_s: float) -> None:
        pass
