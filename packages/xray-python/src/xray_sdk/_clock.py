"""Wall time for timestamps, the monotonic clock for durations."""

from __future__ import annotations

import time
from datetime import datetime, timezone

# The wire format allows the years 1 to 9999.
_FIRST_MS = -62_135_596_800_000
_LAST_MS = 253_402_300_799_999
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

_cached: tuple[int, str] = (-1, "")


def wall_ms() -> float:
    return time.time() * 1_000


def monotonic_ms() -> float:
    return time.perf_counter() * 1_000


def iso_time(epoch_ms: float) -> str:
    """ISO-8601 UTC in milliseconds. Within the same second only the last digits change."""
    global _cached
    whole = int(min(max(epoch_ms, _FIRST_MS), _LAST_MS) // 1)
    second, rest = divmod(whole, 1_000)
    known, prefix = _cached
    if second != known:
        days, seconds = divmod(second, 86_400)
        day = datetime.fromordinal(_EPOCH.toordinal() + days)
        hours, seconds = divmod(seconds, 3_600)
        minutes, seconds = divmod(seconds, 60)
        prefix = (
            f"{day.year:04d}-{day.month:02d}-{day.day:02d}T{hours:02d}:{minutes:02d}:{seconds:02d}."
        )
        _cached = (second, prefix)
    return f"{prefix}{rest:03d}Z"


def duration_text(duration_ms: float) -> str:
    """A duration as a JSON number of milliseconds with three decimals."""
    return f"{max(duration_ms, 0.0):.3f}"
