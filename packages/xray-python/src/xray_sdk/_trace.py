"""The link from an execution to another one, possibly in another process."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from typing import NamedTuple, cast

from ._fields import is_identifier
from ._identity import span_id
from ._source import is_absent, quietly

# The header with X-Ray's ids: `<execution id>;<root id>`.
_EXECUTION_HEADER = "x-xray-execution"
# Version `ff` is forbidden. Version 00 ends after its flags; a later version may continue.
_TRACEPARENT = re.compile(
    r"(?:00(?=.{53}\Z)|(?!00|ff)[0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:\Z|-)"
)
_HEX = re.compile(r"[0-9a-f]{32}\Z")


class Trace(NamedTuple):
    trace_id: str
    span_id: str
    flags: int


class Origin(NamedTuple):
    """The values that an execution takes from the one it continues."""

    trace: Trace | None
    links: list[dict[str, object]]
    # The id of the first execution, which decides whether a distributed decision is sampled.
    root_id: str | None


def origin_of(from_headers: object, relation: object, of: object) -> Origin:
    """Never raises. Unreadable headers are ignored."""
    if is_absent(from_headers) and is_absent(of):
        return Origin(_active_span(), [], None)
    kind = "parent" if is_absent(relation) else relation
    ids = (_header(from_headers, _EXECUTION_HEADER) or "").split(";")
    source = ids[0]
    root = ids[1] if len(ids) > 1 else ""
    links: list[dict[str, object]] = []
    if is_identifier(of):
        links.append({"execution_id": of, "relation": kind})
    if is_identifier(source) and source != of:
        links.append({"execution_id": source, "relation": "parent" if links else kind})
    known = next((name for name in (root, source) if is_identifier(name)), None)
    trace = _active_span() or _read_traceparent(_header(from_headers, "traceparent"))
    return Origin(trace, links, known)


def write_headers(execution_id: str, root_id: str, trace: Trace) -> dict[str, str]:
    return {
        "traceparent": f"00-{trace.trace_id}-{trace.span_id}-{trace.flags:02x}",
        _EXECUTION_HEADER: f"{execution_id};{root_id}",
    }


def own_trace(execution_id: str) -> Trace:
    """A new trace. Its id is derived from a UUID as in docs/wire-format.md."""
    digits = execution_id.replace("-", "").lower()
    is_uuid = len(execution_id) == 36 and _HEX.match(digits) is not None
    return Trace(digits if is_uuid else span_id() + span_id(), span_id(), 1)


def _read_traceparent(value: str | None) -> Trace | None:
    """W3C Trace Context, 3.2. An unknown version is read like version 00, as 4.3 requires."""
    found = _TRACEPARENT.match(value or "")
    if found is None:
        return None
    trace_id, parent_id, flags = found.groups()
    if set(trace_id) == {"0"} or set(parent_id) == {"0"}:
        return None
    return Trace(trace_id, span_id(), int(flags, 16))


def _header(headers: object, name: str) -> str | None:
    return quietly(lambda: _read_header(headers, name))


def _read_header(headers: object, name: str) -> str | None:
    """A header of a mapping, or of a list of pairs as ASGI has it."""
    pairs: Iterable[tuple[object, object]]
    if isinstance(headers, Mapping):
        pairs = cast("Mapping[object, object]", headers).items()
    elif hasattr(headers, "items"):
        pairs = headers.items()  # pyright: ignore
    else:
        pairs = cast("Iterable[tuple[object, object]]", headers or [])
    for key, value in pairs:
        if _text(key).lower() != name:
            continue
        first = value[0] if isinstance(value, (list, tuple)) else value  # pyright: ignore
        text = _text(cast("object", first))
        return text or None
    return None


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else ""


def _active_span() -> Trace | None:
    """The ids of the active OpenTelemetry span, if the process has loaded OpenTelemetry."""
    api = sys.modules.get("opentelemetry.trace")
    return None if api is None else quietly(lambda: _span_of(api))


def _span_of(api: object) -> Trace | None:
    context = api.get_current_span().get_span_context()  # type: ignore[attr-defined] # pyright: ignore
    if not context.is_valid:
        return None
    return Trace(f"{context.trace_id:032x}", f"{context.span_id:016x}", int(context.trace_flags))
