from __future__ import annotations

from typing import NamedTuple

# One mark of docs/wire-format.md: what was cut, coerced, dropped or redacted, and where.
Mark = dict[str, str | int]
Marks = list[Mark]


class Captured(NamedTuple):
    """The JSON text of a value at the time of recording. Paths of the marks begin at the value."""

    json: str
    marks: Marks
    # Types that JSON cannot express, by JSON Pointer. None if JSON says all.
    types: dict[str, str] | None = None


LOST = Captured("null", [{"path": "", "kind": "dropped"}])
