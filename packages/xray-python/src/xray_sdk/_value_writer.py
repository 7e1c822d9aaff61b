"""The careful path of the capture."""

from __future__ import annotations

import base64
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from itertools import islice
from math import isfinite, isnan
from pathlib import PurePath
from typing import cast
from uuid import UUID

from ._error_fields import error_members
from ._limits import CAPTURE_DEPTH, CAPTURE_ITEMS, CAPTURE_KEYS, CAPTURE_STRING_BYTES
from ._marks import Captured, Mark, Marks
from ._python_values import (
    MAX_ROWS,
    class_name,
    column_items,
    description,
    fields_of,
    frame_rows,
    is_array,
    is_column,
    is_frame,
    length_of,
    time_text,
)
from ._redact import RedactionPlace, Redactor
from ._source import MAX_SAFE_INTEGER, UNSET, exact_text, integer_text, scalar_text
from ._text import FittingKeys, cut_text, pointer_segment, quote, short_name, to_bytes, utf8_length

# Members without text cost time as well, so their number is bounded, too.
_MAX_VISITS = 20_000
_MAX_MARKS = 500
# Every value gets at least the bytes of `null`.
_NULL_BYTES = 4
_MAX_KEY_LENGTH = 512
_MAX_TYPES = 200
_NO_MEMBERS: Mapping[str, object] = {}

Key = str | int


class ValueWriter:
    """Writes the JSON text of one value, touching each member once.

    It obeys the limits on bytes, depth, items and visits. It marks everything that it cuts,
    coerces, drops or redacts.
    """

    def __init__(
        self,
        redactor: Redactor,
        field: str,
        max_bytes: int,
        max_string_bytes: int = CAPTURE_STRING_BYTES,
    ) -> None:
        self._redactor = redactor
        self._field = field
        self._max_string_bytes = max_string_bytes
        self._marks: Marks = []
        self._types: dict[str, str] | None = None
        self._types_left = _MAX_TYPES
        self._path: list[Key] = []
        self._ancestors: list[object] = []
        self._bytes_left = max(max_bytes, _NULL_BYTES)
        self._visits_left = _MAX_VISITS

    def write(self, value: object) -> Captured:
        json = self._guarded(value, self._field)
        return Captured("null" if json is None else json, self._marks, self._types)

    def write_property(self, key: str, value: object) -> Captured:
        """Writes the value of one key of an object that is written elsewhere."""
        self._path.append(key)
        json = self._guarded(value, key)
        prefix = len(pointer_segment(key)) + 1
        marks = [{**mark, "path": str(mark["path"])[prefix:]} for mark in self._marks]
        return Captured("null" if json is None else json, marks)

    def _guarded(self, value: object, key: str, is_secret: bool = False) -> str | None:
        """One value at the current path. It is redacted if its key or path requires it."""
        try:
            if not is_secret and not self._redactor.matches(key, self._dotted_path, value):
                return self._any(value, False)
        except Exception:
            return self._null("dropped")
        try:
            place = RedactionPlace(key, self._dotted_path())
            replacement = self._redactor.replace(value, place)
            self._mark("redacted")
            return self._any(None if replacement is UNSET else replacement, True)
        except Exception:
            return self._null("redactor_error")

    def _any(self, value: object, redacted: bool) -> str | None:
        self._visits_left -= 1
        if value is None:
            return self._spend("null")
        if value is UNSET:
            return None
        if isinstance(value, Enum):
            self._type("class")
            self._mark("coerced")
            return self._any(cast("object", value.value), redacted)
        if isinstance(value, bool):
            return self._scalar("true" if value else "false")
        if isinstance(value, str):
            return self._text(exact_text(value), redacted)
        if isinstance(value, int):
            if -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
                return self._scalar(int.__repr__(value))
            self._type("bigint")
            return self._coerced(integer_text(value))
        if isinstance(value, float):
            if isfinite(value):
                return self._scalar(float.__repr__(value))
            self._type("nan" if isnan(value) else "class")
            return self._null("coerced")
        return self._object(value, redacted)

    def _object(self, value: object, redacted: bool) -> str | None:
        if any(ancestor is value for ancestor in self._ancestors):
            return self._null("circular")
        depth = len(self._ancestors)
        if depth >= CAPTURE_DEPTH:
            return self._null("truncated", kept=CAPTURE_DEPTH, unit="depth")
        self._ancestors.append(value)
        path_length = len(self._path)
        try:
            return self._contents(value, redacted)
        except Exception:
            # A method of the value raised, so the value is unknown.
            del self._path[path_length:]
            return self._null("dropped")
        finally:
            del self._ancestors[depth:]

    def _contents(self, value: object, redacted: bool) -> str | None:
        if isinstance(value, dict):
            return self._dict(cast("dict[object, object]", value), redacted)
        if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
            items = cast("Sequence[object]", value)
            return self._list(items, len(items), redacted)
        self._type("class")
        known = self._known(value, redacted)
        if known is not None:
            return known
        text = description(value)
        if text is not None:
            return self._coerced(text)
        fields = fields_of(value)
        if fields is None:
            return self._coerced(f"[{class_name(value)}]")
        if not fields:
            self._mark("coerced")
            return self._spend("{}")
        names = list(fields)
        named = _Attributes(value, names)
        return self._entries(names, len(names), named.__getitem__, redacted, named)

    def _known(self, value: object, redacted: bool) -> str | None:
        """A value of a type of the standard library, or an array or a data frame."""
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self._binary(value)
        if isinstance(value, (datetime, date, time)):
            if isinstance(value, datetime):
                self._type("date")
            return self._text(time_text(value), redacted)
        if isinstance(value, (UUID, PurePath)):
            return self._text(str(value), redacted)
        if isinstance(value, (Decimal, Fraction, complex)):
            return self._coerced(str(value))
        if isinstance(value, timedelta):
            self._mark("coerced")
            return self._any(value.total_seconds(), redacted)
        if isinstance(value, AbstractSet):
            self._type("set")
            self._mark("coerced")
            items = cast("AbstractSet[object]", value)
            return self._list(_in_order(items), len(items), redacted)
        if isinstance(value, Mapping):
            self._type("map")
            self._mark("coerced")
            return self._dict(dict(cast("Mapping[object, object]", value)), redacted)
        if isinstance(value, deque):
            self._mark("coerced")
            queue = cast("deque[object]", value)
            return self._list(list(islice(queue, MAX_ROWS + 1)), len(queue), redacted)
        if isinstance(value, re.Pattern):
            return self._coerced(str(cast("re.Pattern[str]", value).pattern))
        if isinstance(value, BaseException):
            self._mark("coerced")
            members = error_members(value)
            return self._entries(list(members), len(members), members.__getitem__, redacted)
        return self._table(value, redacted)

    def _table(self, value: object, redacted: bool) -> str | None:
        if is_frame(value):
            self._mark("coerced")
            rows = frame_rows(value, min(MAX_ROWS, max(1, self._bytes_left // 8)))
            return self._list(rows, length_of(value), redacted)
        if is_column(value):
            self._mark("coerced")
            return self._list(column_items(value, MAX_ROWS), length_of(value), redacted)
        if not is_array(value):
            return None
        if value.ndim == 0:  # type: ignore[attr-defined] # pyright: ignore
            return self._any(_unboxed(value), redacted)
        self._mark("coerced")
        return self._array(value, redacted)

    def _array(self, value: object, redacted: bool) -> str:
        total = length_of(value)
        first = value[:MAX_ROWS]  # type: ignore[index] # pyright: ignore
        if value.ndim == 1:  # type: ignore[attr-defined] # pyright: ignore
            return self._list(cast("list[object]", first.tolist()), total, redacted)
        rows = (_Row(row) for row in cast("Iterable[object]", first))
        return self._list(rows, total, redacted)

    def _dict(self, value: dict[object, object], redacted: bool) -> str:
        total = len(value)
        keys = list(islice(value, CAPTURE_KEYS + 1))
        if all(type(key) is str for key in keys):
            members = cast("dict[str, object]", value)
            names = cast("list[str]", keys)
            return self._entries(names, total, members.__getitem__, redacted, members)
        texts: dict[str, object] = {}
        changed: set[str] = set()
        for key in keys:
            text = exact_text(key) if isinstance(key, str) else _key_text(key)
            if text is None:
                self._mark("coerced")
                return self._list(self._pairs(value), total, redacted)
            if text in texts:
                text = short_name(f"{text}\0", _MAX_KEY_LENGTH)
            if not isinstance(key, str):
                changed.add(text)
            texts[text] = key
        return self._entries(
            list(texts), total, lambda name: value[texts[name]], redacted, changed=changed
        )

    def _pairs(self, value: dict[object, object]) -> Iterable[object]:
        """A value is redacted by its key, even if the dict is written as a list."""
        for key, item in list(islice(value.items(), CAPTURE_ITEMS + 1)):
            shown = item
            if isinstance(key, str):
                path = f"{self._dotted_path()}.{key}"
                if self._redactor.matches(key, lambda path=path: path, item):  # type: ignore[misc]
                    self._mark("redacted")
                    shown = self._redactor.replace(item, RedactionPlace(key, path))
            yield [key, shown]

    def _entries(
        self,
        keys: Sequence[str],
        total: int,
        read: Callable[[str], object],
        redacted: bool,
        named: Mapping[str, object] = _NO_MEMBERS,
        changed: AbstractSet[str] = frozenset(),
    ) -> str:
        parts: list[str] = []
        kept = 0
        self._bytes_left -= 2
        fitting = FittingKeys(keys, _MAX_KEY_LENGTH)
        for key in keys:
            name = fitting.fit(key)
            head = f"{quote(name)}:"
            size = utf8_length(head) + 1
            if kept >= CAPTURE_KEYS or not self._has_room_for(size + _NULL_BYTES):
                break
            kept += 1
            self._path.append(name)
            if name != key or key in changed:
                self._mark("coerced")
            left = self._bytes_left
            self._bytes_left -= size
            text = self._property(key, read, redacted, named)
            self._path.pop()
            if text is None:
                self._bytes_left = left
            else:
                parts.append(head + text)
        if kept < total:
            self._mark("truncated", original=total, kept=kept, unit="items")
        return "{" + ",".join(parts) + "}"

    def _property(
        self,
        key: str,
        read: Callable[[str], object],
        redacted: bool,
        named: Mapping[str, object],
    ) -> str | None:
        try:
            value = read(key)
        except Exception:
            return self._null("dropped")
        if redacted:
            return self._any(value, True)
        return self._guarded(value, key, self._is_named_secret(key, named))

    def _is_named_secret(self, key: str, named: Mapping[str, object]) -> bool:
        try:
            return self._redactor.is_named_secret(key, named)
        except Exception:
            return True

    def _list(self, values: Iterable[object], total: int, redacted: bool) -> str:
        parts: list[str] = []
        kept = 0
        self._bytes_left -= 2
        hidden: set[int] = set()
        if not redacted and isinstance(values, (list, tuple)):
            hidden = self._redactor.secret_places(
                cast("Sequence[object]", values), self._last_name()
            )
        for value in values:
            if kept >= CAPTURE_ITEMS or not self._has_room_for(_NULL_BYTES + 1):
                break
            self._bytes_left -= 1
            self._path.append(kept)
            text: str | None
            if isinstance(value, _Row):
                text = self._array(value.row, redacted)
            elif redacted:
                text = self._any(value, True)
            else:
                text = self._guarded(value, str(kept), kept in hidden)
            parts.append(self._null("coerced") if text is None else text)
            self._path.pop()
            kept += 1
        if kept < total:
            self._mark("truncated", original=total, kept=kept, unit="items")
        return "[" + ",".join(parts) + "]"

    def _last_name(self) -> str:
        for part in reversed(self._path):
            if isinstance(part, str):
                return part
        return self._field

    def _binary(self, value: bytes | bytearray | memoryview) -> str:
        self._type("bytes")
        self._mark("coerced")
        size = value.nbytes if isinstance(value, memoryview) else len(value)
        most = max(0, min(CAPTURE_STRING_BYTES, self._bytes_left - 2))
        kept = min(size, most // 4 * 3)
        if kept < size:
            self._mark("truncated", original=size, kept=kept, unit="bytes")
        first = value.tobytes()[:kept] if isinstance(value, memoryview) else bytes(value[:kept])
        return self._spend(f'"{base64.b64encode(first).decode()}"')

    def _coerced(self, text: str) -> str:
        self._mark("coerced")
        return self._text(text, False)

    def _text(self, original: str, redacted: bool) -> str:
        text = original
        if not redacted and self._redactor.sees_text:
            seen = self._seen(text)
            if seen is None:
                return self._null("redactor_error")
            if seen != text:
                self._mark("redacted")
            text = seen
        most = min(self._max_string_bytes, max(0, self._bytes_left - 2))
        cut, size = cut_text(text, most)
        if len(cut) < len(text):
            self._mark("truncated", original=utf8_length(text), kept=size, unit="bytes")
        if "\0" in cut:
            self._mark("coerced")
        return self._spend(self._quoted(cut))

    def _quoted(self, text: str) -> str:
        """Escapes lengthen a string, so it is cut until the escaped text fits."""
        clean = text.replace("\0", "\ufffd")
        json = quote(clean)
        size = len(to_bytes(json))
        if size <= self._bytes_left:
            return json
        length = len(clean)
        kept, kept_bytes = cut_text(clean, length * max(0, self._bytes_left - 2) // size)
        self._mark("truncated", original=utf8_length(clean), kept=kept_bytes, unit="bytes")
        shorter = quote(kept)
        return shorter if len(to_bytes(shorter)) <= self._bytes_left else '""'

    def _seen(self, text: str) -> str | None:
        try:
            key = str(self._path[-1]) if self._path else self._field
            seen = self._redactor.text(text, RedactionPlace(key, self._dotted_path()))
            return exact_text(seen) if isinstance(seen, str) else None
        except Exception:
            return None

    def _null(self, kind: str, **detail: int | str) -> str:
        self._mark(kind, **detail)
        return self._spend("null")

    def _scalar(self, json: str) -> str:
        """The text of a number or boolean, which cannot be cut."""
        return self._null("truncated") if len(json) > self._bytes_left else self._spend(json)

    def _spend(self, json: str) -> str:
        self._bytes_left -= utf8_length(json)
        return json

    def _has_room_for(self, size: int) -> bool:
        return self._bytes_left >= size and self._visits_left > 0 and len(self._marks) < _MAX_MARKS

    def _mark(self, kind: str, **detail: int | str) -> None:
        if len(self._marks) < _MAX_MARKS:
            mark: Mark = {"path": self._pointer(), "kind": kind, **detail}
            self._marks.append(mark)

    def _type(self, name: str) -> None:
        """A later type of the same value replaces an earlier one. Too many types become one."""
        if self._types_left == 0:
            return
        if self._types is None:
            self._types = {}
        pointer = self._pointer()
        if pointer not in self._types:
            self._types_left -= 1
        if self._types_left == 0:
            self._types = {"": "class"}
        else:
            self._types[pointer] = name

    def _pointer(self) -> str:
        return "".join(f"/{pointer_segment(str(key))}" for key in self._path)

    def _dotted_path(self) -> str:
        return ".".join([self._field, *map(str, self._path)])


class _Row:
    """An inner part of an array. Its coercion is marked once, at the whole array."""

    def __init__(self, row: object) -> None:
        self.row = row


class _Attributes(Mapping[str, object]):
    """The fields of an object as a mapping that reads them on use."""

    def __init__(self, value: object, names: Sequence[str]) -> None:
        self._value = value
        self._names = names

    def __getitem__(self, name: str) -> object:
        if name not in self._names:
            raise KeyError(name)
        return getattr(self._value, name)

    def __iter__(self):  # type: ignore[no-untyped-def] # pyright: ignore
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _in_order(items: AbstractSet[object]) -> list[object]:
    """A set has no order, so records of equal sets would differ."""
    found = list(islice(items, MAX_ROWS + 1))
    try:
        return sorted(found)  # type: ignore[type-var] # pyright: ignore
    except TypeError:
        return found


def _key_text(key: object) -> str | None:
    return "null" if key is None else scalar_text(key)


def _unboxed(value: object) -> object:
    item = value.tolist()  # type: ignore[attr-defined] # pyright: ignore
    return float(value) if type(item) is type(value) else item  # type: ignore[arg-type] # pyright: ignore
