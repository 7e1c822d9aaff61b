"""Which executions to send."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from ._source import is_number
from ._text import hash32


@dataclass(frozen=True)
class SampleCandidate:
    """The argument of a sampling function. The first execution of a decision is its own root."""

    execution_id: str
    root_id: str


@dataclass(frozen=True)
class Sample:
    """`rate` is from 0 to 1, or a function that returns a rate or a bool for an execution.

    Failed executions and adverse decisions are sent in any case, unless turned off.
    """

    rate: float | Callable[[SampleCandidate], float | bool]
    keep_failed: bool = True
    keep_adverse: bool = True


def is_chosen(sample: Sample, candidate: SampleCandidate) -> bool:
    """The choice hashes the root's id, so all processes of a decision agree."""
    rate = sample.rate
    share = _ask_rate(rate, candidate) if callable(rate) else float(rate)
    return hash32(candidate.root_id) / 2**32 < share


def _ask_rate(ask: Callable[[SampleCandidate], float | bool], candidate: SampleCandidate) -> float:
    """A function that raises or returns no rate must not lose a record."""
    try:
        share = float(ask(candidate))
        return 1.0 if math.isnan(share) else share
    except Exception:
        return 1.0


def sample_of(given: object) -> Sample | None:
    """None if everything is sent. An unusable rate must not lose records."""
    if isinstance(given, Sample):
        rate: object = given.rate
        is_usable = callable(rate) or (is_number(rate) and not isinstance(rate, bool))
        return given if is_usable else None
    return Sample(float(given)) if is_number(given) else None
