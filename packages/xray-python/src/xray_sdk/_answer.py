"""Reads an answer to a batch. Only X-Ray's own answers settle a snapshot."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import NamedTuple, cast

from ._source import quietly

# The statuses with which X-Ray refuses a request (docs/wire-format.md, Sending).
_REFUSALS = (400, 401, 403, 413, 415, 422, 500)
# Every error of X-Ray: its status and its code.
ERRORS = (
    "400invalid 401unauthorized 403forbidden 403app_mismatch 404not_found 405method_not_allowed "
    "409conflict 410erased 413too_large 415unsupported_type 415unsupported_encoding 422storage "
    "422too_broad 429rate_limited 500internal 503unavailable"
)
_ERRORS = frozenset(ERRORS.split(" "))
REJECTIONS = ("invalid", "too_large", "app_mismatch", "storage")
_REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_DIGITS = re.compile(r"[0-9]+\Z")


class Answer(NamedTuple):
    """An HTTP answer, or the message of a failed connection with the status 0."""

    status: int
    body: str = ""
    retry_after: str | None = None
    date: str | None = None
    location: str | None = None
    failure: str | None = None


class RejectedItem(NamedTuple):
    """A snapshot that the server did not store, by its place in the batch."""

    place: int
    is_retryable: bool
    is_too_large: bool


@dataclass
class SendResult:
    """`delivered`, `refused`, `unavailable` (try again) or `foreign` (not X-Ray's answer)."""

    kind: str
    status: int = 0
    rejected: list[RejectedItem] = field(default_factory=list)
    retry_after_s: float | None = None
    message: str = ""


def read_answer(answer: Answer, sent: Sequence[str], now_s: float) -> SendResult:
    """`sent` are the execution ids of the request."""
    if answer.failure is not None:
        return SendResult("unavailable", message=answer.failure)
    status = answer.status
    body = _parse_object(answer.body)
    rejected = None if body is None else _read_receipt(status, body, sent)
    if rejected is not None:
        return SendResult("delivered", status, rejected)
    retry_after_s = _read_retry_after(answer, now_s)
    if body is not None and _is_error(status, body):
        if status in _REFUSALS:
            return SendResult("refused", status)
        message = f"the server answered {status}"
        return SendResult("unavailable", status, retry_after_s=retry_after_s, message=message)
    return SendResult("foreign", status, retry_after_s=retry_after_s, message=_describe(answer))


def _parse_object(text: str) -> dict[str, object] | None:
    value = cast("object", quietly(lambda: json.loads(text)))
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def _read_receipt(
    status: int, body: dict[str, object], sent: Sequence[str]
) -> list[RejectedItem] | None:
    """Reads `{accepted, duplicates, superseded, rejected}`. 400 means that all are rejected."""
    rejected = body.get("rejected")
    if status not in (202, 400) or not isinstance(rejected, list):
        return None
    given = cast("list[object]", rejected)
    counts = [body.get(name) for name in ("accepted", "duplicates", "superseded")]
    if not all(_is_count(count) for count in counts):
        return None
    if sum(cast("list[int]", counts)) + len(given) != len(sent):
        return None
    if status == 400 and len(given) != len(sent):
        return None
    items = [_read_rejected(item, sent) for item in given]
    known = [item for item in items if item is not None]
    return known if len({item.place for item in known}) == len(given) else None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _read_rejected(item: object, sent: Sequence[str]) -> RejectedItem | None:
    """None unless the item names a snapshot of the request."""
    if not isinstance(item, dict):
        return None
    given = cast("dict[str, object]", item)
    index, retryable, code = given.get("index"), given.get("retryable"), given.get("code")
    if not isinstance(index, int) or not _is_count(index) or index >= len(sent):
        return None
    if not isinstance(retryable, bool) or not isinstance(given.get("message"), str):
        return None
    if code not in REJECTIONS:
        return None
    execution_id = given.get("executionId")
    if isinstance(execution_id, str) and execution_id != sent[index]:
        return None
    return RejectedItem(index, retryable, code == "too_large")


def _is_error(status: int, body: dict[str, object]) -> bool:
    """`{error: {code, message, requestId}}` with a code that X-Ray gives with this status."""
    error = body.get("error")
    if not isinstance(error, dict):
        return False
    given = cast("dict[str, object]", error)
    code, request_id = given.get("code"), given.get("requestId")
    return (
        isinstance(code, str)
        and f"{status}{code}" in _ERRORS
        and isinstance(given.get("message"), str)
        and isinstance(request_id, str)
        and _REQUEST_ID.match(request_id) is not None
    )


def _read_retry_after(answer: Answer, now_s: float) -> float | None:
    """Reads seconds or a date (RFC 9110, 10.2.3), compared with the server's own clock."""
    text = answer.retry_after
    if text is None:
        return None
    if _DIGITS.match(text):
        wait_s = float(text) if len(text) < 10 else None
    else:
        until = quietly(lambda: parsedate_to_datetime(text).timestamp())
        server_s = quietly(lambda: parsedate_to_datetime(answer.date or "").timestamp())
        wait_s = None if until is None else until - (now_s if server_s is None else server_s)
    return wait_s if wait_s is not None and wait_s > 0 else None


def _describe(answer: Answer) -> str:
    if not 300 <= answer.status < 400:
        return f"an answer {answer.status} that is not X-Ray's"
    # The query may hold secrets.
    place = re.split(r"[?#]", (answer.location or "")[:200])[0]
    target = f" to {place}" if place else ""
    return f"a redirect{target}: set the endpoint to the server itself"
