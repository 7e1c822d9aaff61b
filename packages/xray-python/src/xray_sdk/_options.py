"""The options of a client, resolved once into complete settings."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import SplitResult, urlsplit

from ._accounts import DropEvent
from ._fields import is_dots, is_identifier
from ._redact import Redact, Redactor
from ._sampling import Sample, sample_of
from ._source import as_mapping, is_absent, is_number
from ._spool import Spool
from ._warning import warn_once

_DEFAULT_ENDPOINT = "http://127.0.0.1:4000"
_API_KEY = re.compile(r"[\x21-\x7e]+\Z")
# The longest time that a lock can wait on every platform.
_MAX_MS = 2**31 - 1


@dataclass(frozen=True)
class Delivery:
    """How the client queues and sends snapshots. The defaults suit a long-running service."""

    max_queued: int = 1_000
    max_queued_bytes: int = 10_000_000
    max_batch: int = 200
    max_batch_bytes: int = 1024 * 1024
    delay_ms: float = 200
    timeout_ms: float = 10_000
    gzip: bool = True


@dataclass(frozen=True)
class Settings:
    """The complete, validated options. The rest of the SDK uses only these."""

    is_enabled: bool
    api_key: str
    app_id: str
    pipeline: str
    environment: str | None
    versions: Mapping[str, object] | None
    url: SplitResult
    redactor: Redactor
    sample: Sample | None
    spool: Spool | None
    keeps_effects: bool
    max_steps: int
    max_snapshot_bytes: int
    on_drop: Callable[[DropEvent], object] | None
    delivery: Delivery


def resolve_options(
    api_key: object,
    app_id: object,
    pipeline: object,
    environment: object,
    endpoint: object,
    versions: object,
    redact: object,
    on_drop: object,
    sample: object,
    spool: object,
    replay: object,
    max_steps: object,
    delivery: object,
) -> Settings:
    """Never raises. An unusable option warns once and becomes its default, or disables."""
    key = _text_or(api_key, os.environ.get("XRAY_API_KEY"))
    url = _endpoint_url(_text_or(endpoint, os.environ.get("XRAY_ENDPOINT")))
    problem = _problem_of(key, app_id, pipeline, url)
    if problem is not None:
        warn_once(f"{problem}; nothing will be recorded")
    chosen = sample_of(sample)
    if chosen is None and not is_absent(sample):
        warn_once("the sample option cannot be used; everything is sent")
    return Settings(
        is_enabled=problem is None,
        api_key=key or "",
        app_id=app_id if isinstance(app_id, str) else "",
        pipeline=pipeline if isinstance(pipeline, str) else "",
        environment=_text_or(environment, None),
        versions=as_mapping(versions),
        url=url or urlsplit(f"{_DEFAULT_ENDPOINT}/executions"),
        redactor=_redactor_of(redact),
        sample=chosen,
        spool=_spool_of(spool),
        keeps_effects=_keeps_effects(replay),
        max_steps=min(int(_number_or(max_steps, 1_000, 10)), 10_000),
        max_snapshot_bytes=1024 * 1024,
        on_drop=cast("Callable[[DropEvent], object]", on_drop) if callable(on_drop) else None,
        delivery=_delivery_of(delivery),
    )


def _problem_of(
    key: str | None, app_id: object, pipeline: object, url: SplitResult | None
) -> str | None:
    if key is None:
        return "no API key (option api_key, or XRAY_API_KEY in the environment)"
    if not _API_KEY.match(key):
        return "the API key holds characters no header can carry"
    if not is_identifier(app_id):
        return "app_id must be 1 to 128 letters, digits and . _ : -"
    if not isinstance(pipeline, str) or pipeline == "" or is_dots(pipeline):
        return "pipeline must be a name, and not . or .."
    if url is None:
        return "endpoint must be an http or https URL"
    return None


def _endpoint_url(endpoint: str | None) -> SplitResult | None:
    try:
        url = urlsplit(f"{(endpoint or _DEFAULT_ENDPOINT).rstrip('/')}/executions")
        # The port is parsed on use and may be invalid.
        is_usable = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
        return url if is_usable else None
    except ValueError:
        return None


def _redactor_of(redact: object) -> Redactor:
    """Using only some of the host's rules could leak values, so all values are redacted."""
    try:
        if is_absent(redact):
            return Redactor(Redact())
        if isinstance(redact, Redact):
            return Redactor(redact)
        given = as_mapping(redact)
        if given is not None:
            return Redactor(Redact(**given))  # type: ignore[arg-type] # pyright: ignore
    except Exception:
        # The rules cannot be read. Everything is redacted below.
        pass
    warn_once("the redact option cannot be used; every value is redacted")
    return Redactor(Redact(paths=["*"]))


def _spool_of(spool: object) -> Spool | None:
    if isinstance(spool, Spool):
        return spool
    if isinstance(spool, (str, os.PathLike)) and spool != "":
        return Spool(os.fspath(cast("str", spool)))
    if not is_absent(spool):
        warn_once(
            "the option spool cannot be used: snapshots wait in memory and end with this process"
        )
    return None


def _keeps_effects(replay: object) -> bool:
    if is_absent(replay):
        return False
    if replay == "effects":
        return True
    warn_once("the replay option must be 'effects'; no values are kept for replays")
    return False


def _delivery_of(given: object) -> Delivery:
    defaults = Delivery()
    if isinstance(given, Delivery):
        members: Mapping[str, object] = vars(given)
    else:
        members = as_mapping(given) or {}
        if not members and not is_absent(given):
            warn_once("the option delivery cannot be used")

    def number(name: str, least: float) -> float:
        return _number_or(members.get(name), cast("float", getattr(defaults, name)), least)

    return Delivery(
        max_queued=int(number("max_queued", 1)),
        max_queued_bytes=int(number("max_queued_bytes", 1)),
        max_batch=int(number("max_batch", 1)),
        max_batch_bytes=int(number("max_batch_bytes", 1)),
        delay_ms=min(number("delay_ms", 0), _MAX_MS),
        timeout_ms=min(number("timeout_ms", 1), _MAX_MS),
        gzip=members.get("gzip") is not False,
    )


def _text_or(value: object, fallback: str | None) -> str | None:
    return value if isinstance(value, str) and value != "" else fallback or None


def _number_or(value: object, fallback: float, least: float) -> float:
    return value if is_number(value) and value >= least else fallback
