"""The steps of one execution, within the maximum number of steps."""

from __future__ import annotations

from collections import deque
from typing import Protocol

from ._step_draft import StepText

_MAX_NAMES = 100


class LiveStep(Protocol):
    """A step that may still run."""

    def text(self) -> StepText: ...


class StepList:
    """The first 400 of 1,000, the last 100, and failed and `decide` steps between them."""

    def __init__(self, max_steps: int) -> None:
        self._max_steps = max_steps
        self._first_limit = int(max_steps * 0.4)
        self._last_limit = int(max_steps * 0.1)
        self._kept: list[LiveStep] = []
        # The most recent steps, once there are too many to keep all.
        self._recent: deque[LiveStep] | None = None
        # Steps between the first and the last that still run. They are decided when they end.
        self._undecided: list[LiveStep] = []
        self._counts: dict[str, dict[str, int]] = {}
        self._total = 0
        self._next_sequence = 0

    @property
    def left_out(self) -> dict[str, dict[str, int]]:
        counts = {name: dict(by_status) for name, by_status in self._counts.items()}
        for step in self._undecided:
            _add(counts, step.text())
        return counts

    @property
    def left_out_count(self) -> int:
        return self._total + len(self._undecided)

    def take_sequence(self) -> int:
        sequence = self._next_sequence
        self._next_sequence = sequence + 1
        return sequence

    def add(self, step: LiveStep) -> None:
        if self._recent is None:
            if len(self._kept) < self._max_steps:
                self._kept.append(step)
                return
            self._recent = self._make_room()
        self._recent.append(step)
        if len(self._recent) > self._last_limit:
            self._keep_or_count(self._recent.popleft())

    def ended(self, step: LiveStep) -> None:
        """Call this when a step that was added while running has ended."""
        for place, waiting in enumerate(self._undecided):
            if waiting is step:
                del self._undecided[place]
                self._keep_or_count(step)
                return

    def texts(self) -> list[StepText]:
        return [step.text() for step in (*self._kept, *(self._recent or ()))]

    def _make_room(self) -> deque[LiveStep]:
        rest = self._kept[self._first_limit :]
        del self._kept[self._first_limit :]
        first_recent = max(0, len(rest) - self._last_limit)
        for step in rest[:first_recent]:
            self._keep_or_count(step)
        return deque(rest[first_recent:])

    def _keep_or_count(self, step: LiveStep) -> None:
        text = step.text()
        if text.status == "running" and not isinstance(step, FrozenStep):
            self._undecided.append(step)
            return
        is_telling = text.status in ("failed", "timed_out") or text.kind == "decide"
        if is_telling and len(self._kept) + self._last_limit < self._max_steps:
            self._kept.append(step)
            return
        self._total += 1
        _add(self._counts, text)


class FrozenStep:
    """A step that was recorded whole."""

    __slots__ = ("_text",)

    def __init__(self, text: StepText) -> None:
        self._text = text

    def text(self) -> StepText:
        return self._text


def _add(counts: dict[str, dict[str, int]], text: StepText) -> None:
    is_known = text.name in counts or len(counts) < _MAX_NAMES
    by_status = counts.setdefault(text.name if is_known else "others", {})
    by_status[text.status] = by_status.get(text.status, 0) + 1
