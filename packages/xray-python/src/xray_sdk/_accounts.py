"""Counts every snapshot once when it is recorded, and once when it is delivered or dropped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import RLock
from typing import Literal

DropReason = Literal[
    "queue_full",
    "superseded",
    "too_large",
    "rejected",
    "unauthorized",
    "server_error",
    "exit",
    "shutdown",
    "sampled",
    "spool",
    "sdk_error",
]

# These drops lose nothing: a later snapshot contains the superseded one, and the host asked for
# sampling.
_HARMLESS = ("superseded", "sampled")


@dataclass(frozen=True)
class DropEvent:
    """The argument of `on_drop`: one lost snapshot."""

    reason: DropReason
    execution_id: str


@dataclass(frozen=True)
class Stats:
    """`recorded` is the sum of `delivered`, `queued` and all counts in `dropped`.

    `unconfirmed` counts requests that a proxy answered instead of X-Ray. `not_durable` counts
    snapshots that the spool could not write. `ignored_calls` came after the end of their execution.
    """

    recorded: int
    delivered: int
    queued: int
    dropped: Mapping[str, int]
    unconfirmed: int
    not_durable: int
    retries: int
    ignored_calls: int


class Accounts:
    """All methods but `announce` are short and may run under the client's lock."""

    def __init__(self, on_drop: Callable[[DropEvent], object] | None) -> None:
        self._on_drop = on_drop
        self.lock = RLock()
        self.reset()

    def reset(self) -> None:
        """Begins at zero, as a forked process does. The parent counts its own snapshots."""
        self._recorded = 0
        self._delivered = 0
        self._dropped: dict[str, int] = {}
        self._unreported = 0
        self._events: list[DropEvent] = []
        self.unconfirmed = 0
        self.not_durable = 0
        self.retries = 0
        self.ignored_calls = 0

    def recorded(self) -> None:
        with self.lock:
            self._recorded += 1

    def delivered(self) -> None:
        with self.lock:
            self._delivered += 1

    def ignored(self) -> None:
        with self.lock:
            self.ignored_calls += 1

    def dropped(self, reason: DropReason, execution_id: str, reported_drops: int = 0) -> None:
        """`reported_drops` are the losses that the dropped snapshot should have reported."""
        with self.lock:
            self._dropped[reason] = self._dropped.get(reason, 0) + 1
            self._unreported += reported_drops + (0 if reason in _HARMLESS else 1)
            if self._on_drop is not None:
                self._events.append(DropEvent(reason, execution_id))

    def announce(self) -> None:
        """Calls `on_drop` for new drops. The caller must not hold the lock."""
        while self._events:
            with self.lock:
                events, self._events = self._events, []
            for event in events:
                try:
                    if self._on_drop is not None:
                        self._on_drop(event)
                except Exception:
                    # The host's callback failed. The counts are already correct.
                    pass

    def take_unreported(self) -> int:
        """Returns the losses since the last report, for the snapshot that is written next."""
        with self.lock:
            unreported, self._unreported = self._unreported, 0
            return unreported

    def stats(self) -> Stats:
        with self.lock:
            lost = sum(self._dropped.values())
            return Stats(
                recorded=self._recorded,
                delivered=self._delivered,
                queued=self._recorded - self._delivered - lost,
                dropped=dict(self._dropped),
                unconfirmed=self.unconfirmed,
                not_durable=self.not_durable,
                retries=self.retries,
                ignored_calls=self.ignored_calls,
            )
