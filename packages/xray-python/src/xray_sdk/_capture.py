"""Turns any value into JSON text at once, within bounds and with marks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from json import JSONEncoder
from json import encoder as _json_encoder
from typing import Any, cast

from ._limits import CAPTURE_DEPTH, CAPTURE_ITEMS, CAPTURE_STRING_BYTES
from ._marks import LOST, Captured
from ._redact import Redactor
from ._secret_keys import is_named_member
from ._source import MAX_SAFE_INTEGER
from ._text import is_storable, utf8_length
from ._value_writer import ValueWriter

_MAX_VISITS = 10_000
_MAX_CACHED_KEYS = 2_000
_MAX_KEY_LENGTH = 128
# A code point takes at most four bytes, so a text of this length fits in any case.
_SHORT_TEXT = CAPTURE_STRING_BYTES // 4
_MAX_NESTED = 4
# The types that need no look at their values.
_TEXTS: frozenset[type] = frozenset((str, float, bool, type(None)))
# The longest escape of one UTF-16 unit, such as `\u0000`.
_MAX_ESCAPED_BYTES = 6


def _make_encoder() -> Callable[[object], str]:
    """The encoder of the standard library, made once: making it costs as much as a small value."""
    whole = JSONEncoder(
        ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":")
    )
    make = cast(
        "Callable[..., Callable[[object, int], tuple[str, ...]]] | None",
        getattr(_json_encoder, "c_make_encoder", None),
    )
    if make is None:
        return whole.encode
    try:
        encode = make(
            None,
            whole.default,
            _json_encoder.encode_basestring,
            None,
            ":",
            ",",
            False,
            False,
            False,
        )
        join = "".join

        def fast(value: object) -> str:
            return join(encode(value, 0))

        if fast({"a": [1, "b", None, 0.5]}) == '{"a":[1,"b",null,0.5]}':
            return fast
    except Exception:
        # This version of Python has another signature.
        pass
    return whole.encode


_encode = _make_encoder()


class Capture:
    """Captures values for one client. Never raises, even if a value or the host's redactor does."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._safe_keys: set[str] = set()
        self._named_keys: set[str] = set()
        self._nested = threading.local()

    def value(self, value: object, field: str, max_bytes: int) -> Captured:
        """Captures a value. `field` is the first segment of redaction paths, as in `input.ssn`."""
        quick = self._quick(value, field, max_bytes)
        if quick is not None:
            return Captured(quick, [])
        return self._careful(lambda: ValueWriter(self._redactor, field, max_bytes).write(value))

    def text(self, text: str, field: str, max_bytes: int) -> Captured:
        """Captures a text. The bound counts its UTF-8 bytes without JSON's quotes and escapes."""
        quick = self._quick(text, field, max_bytes)
        if quick is not None:
            return Captured(quick, [])
        json_bytes = max_bytes * _MAX_ESCAPED_BYTES + 2
        return self._careful(
            lambda: ValueWriter(self._redactor, field, json_bytes, max_bytes).write(text)
        )

    def property(self, value: object, field: str, key: str, max_bytes: int) -> Captured:
        """Captures a value of a flat record, such as `metadata`. Its key can redact it, too."""
        return self._careful(
            lambda: ValueWriter(self._redactor, field, max_bytes).write_property(key, value)
        )

    def hides(self, name: str, value: object) -> bool:
        """Whether this value is redacted under this name, such as the field of a rule."""
        return self._redactor.matches(name, lambda: name, value)

    def is_open(self, name: str) -> bool:
        """Whether no value is ever redacted under this name."""
        return not self._redactor.suspects(name)

    def _quick(self, value: Any, field: str, max_bytes: int) -> str | None:
        redactor = self._redactor
        if redactor.sees_text or redactor.suspects(field):
            return None
        kind = type(value)
        if kind is dict or kind is list:
            if self._plain(value, field, CAPTURE_DEPTH, _MAX_VISITS) < 0:
                return None
        elif kind is int:
            if not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
                return None
        elif kind not in _TEXTS:
            return None
        try:
            json = _encode(value)
        except (ValueError, TypeError, RuntimeError, RecursionError):
            # The value is not finite, or another thread changes it.
            return None
        if "\\u0000" in json:
            return None
        size = len(json) if json.isascii() else utf8_length(json)
        if size > max_bytes:
            return None
        # Only a long value can hold a text that is too long.
        if size > CAPTURE_STRING_BYTES and not _fits(value):
            return None
        return json

    def _plain(self, value: Any, key: str, depth_left: int, visits_left: int) -> int:
        """Whether the standard encoder writes the value as the record needs it.

        Returns the visits left, or -1 if the value needs the careful path.
        """
        size = len(value)
        visits_left -= size
        if depth_left == 0 or size > CAPTURE_ITEMS or visits_left < 0:
            return -1
        if type(value) is dict:
            if not value.keys() <= self._safe_keys and not self._are_keys_plain(value):
                return -1
            if _TEXTS.issuperset(map(type, value.values())):
                return visits_left
            try:
                for name, child in value.items():
                    kind = type(child)
                    if kind is str or kind is float:
                        continue
                    if kind is int:
                        if not -MAX_SAFE_INTEGER <= child <= MAX_SAFE_INTEGER:
                            return -1
                    elif kind is dict or kind is list:
                        visits_left = self._plain(child, name, depth_left - 1, visits_left)
                        if visits_left < 0:
                            return -1
                    elif kind is not bool and child is not None:
                        return -1
            except RuntimeError:
                # Another thread changes the dict.
                return -1
            return visits_left
        kinds = set(map(type, value))
        if str in kinds and self._redactor.secret_places(value, key):
            return -1
        if kinds <= _TEXTS:
            return visits_left
        for child in value:
            kind = type(child)
            if kind in _TEXTS:
                continue
            if kind is int:
                if not -MAX_SAFE_INTEGER <= child <= MAX_SAFE_INTEGER:
                    return -1
            elif kind is dict or kind is list:
                visits_left = self._plain(child, key, depth_left - 1, visits_left)
                if visits_left < 0:
                    return -1
            else:
                return -1
        return visits_left

    def _are_keys_plain(self, value: dict[str, object]) -> bool:
        for key in value:
            if key in self._safe_keys:
                continue
            if key in self._named_keys:
                if self._redactor.is_named_secret(key, value):
                    return False
                continue
            if type(key) is not str or not self._learn(key):
                return False
            if key in self._named_keys and self._redactor.is_named_secret(key, value):
                return False
        return True

    def _learn(self, key: str) -> bool:
        """Remembers a key that may be written as it is. Returns false for any other key."""
        if len(key) > _MAX_KEY_LENGTH or not is_storable(key) or self._redactor.suspects(key):
            return False
        known = self._named_keys if is_named_member(key) else self._safe_keys
        if len(known) >= _MAX_CACHED_KEYS:
            known.clear()
        known.add(key)
        return True

    def _careful(self, write: Callable[[], Captured]) -> Captured:
        depth = getattr(self._nested, "depth", 0)
        if depth >= _MAX_NESTED:
            return LOST
        self._nested.depth = depth + 1
        try:
            return write()
        except Exception:
            return LOST
        finally:
            self._nested.depth = depth


def _fits(value: Any) -> bool:
    """Whether no text of a plain value is too long."""
    if isinstance(value, str):
        return len(value) <= _SHORT_TEXT or utf8_length(value) <= CAPTURE_STRING_BYTES
    if isinstance(value, dict):
        return all(_fits(child) for child in cast("dict[str, object]", value).values())
    if isinstance(value, list):
        return all(_fits(child) for child in cast("list[object]", value))
    return True


def json_text(value: object) -> str:
    """The JSON text of the SDK's own lists and dicts, such as marks."""
    return _encode(value)
