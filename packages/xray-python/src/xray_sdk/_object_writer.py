"""Writes objects of the wire format as JSON text, field by field."""

from __future__ import annotations

import json as _json
from collections.abc import Callable, Mapping
from typing import cast

from ._capture import Capture
from ._limits import CAPTURE_STRING_BYTES
from ._marks import Captured, Mark, Marks
from ._source import (
    MAX_SAFE_INTEGER,
    UNSET,
    as_mapping,
    exact_text,
    is_absent,
    is_number,
    items_of,
    number_text,
    plain_number,
    readable,
    scalar_text,
    text_of,
)
from ._text import (
    FittingKeys,
    cut_units,
    is_storable,
    pointer_segment,
    quote,
    storable,
    units,
)

Source = Mapping[str, object]
WriteObject = Callable[["ObjectWriter", Source], bool]

_MISSING_NAME = "unnamed"
_MAX_KEY_LENGTH = 128


class ObjectWriter:
    """One object of the wire format.

    A field of a wrong type is left out and a long one is cut, each with a mark. So the text always
    fits the schema, and one bad field costs only itself.
    """

    def __init__(
        self,
        capture: Capture,
        marks: Marks | None = None,
        path: str = "",
        is_record: bool = False,
    ) -> None:
        self.capture = capture
        self.marks: Marks = [] if marks is None else marks
        self._path = path
        # The host chose the keys, as in `metadata`, so they may be any text.
        self._is_record = is_record
        self._parts: list[str] = []
        self._holds_given = False

    @property
    def members(self) -> str:
        """The members written so far, without the braces."""
        return ",".join(self._parts)

    def count_members(self) -> int:
        return len(self._parts)

    def members_from(self, first: int) -> str:
        """The members from a place on, without the braces."""
        return ",".join(self._parts[first:])

    def raw(self, key: str, json: str) -> None:
        """Adds a member whose value is JSON text already."""
        self._holds_given = True
        self._add(key, json)

    def string(self, key: str, value: object, max_length: int) -> bool:
        """A name or identifier. Numbers become text, with a mark. An empty text is invalid."""
        if value is None:
            return False
        given = text_of(value)
        if given is None or given == "":
            return self.wrong(key, value)
        is_fitting = units(given) <= max_length and is_storable(given)
        fitted = given if is_fitting else self._fitted(pointer_segment(key), given, max_length)
        self.raw(key, quote(fitted))
        if not isinstance(value, str):
            self.mark(key, "coerced")
        return True

    def required(
        self, key: str, value: object, max_length: int, placeholder: str = _MISSING_NAME
    ) -> None:
        """A required name. A missing one becomes a marked placeholder."""
        if not self.string(key, value, max_length):
            self.missing(key, value, quote(placeholder))

    def missing(self, key: str, value: object, json: str) -> None:
        """Writes a placeholder for a required value that was just left out."""
        if is_absent(value):
            self.mark(key, "dropped")
        self._add(key, json)

    def number(
        self, key: str, value: object, least: float = -float("inf"), most: float = float("inf")
    ) -> bool:
        if value is None:
            return False
        number = plain_number(value)
        if not is_number(number) or (isinstance(number, int) and abs(number) > MAX_SAFE_INTEGER):
            return self.wrong(key, value)
        kept = min(max(number, least), most)
        if kept != number:
            self.mark(key, "coerced")
        self.raw(key, number_text(kept))
        return True

    def count(self, key: str, value: object) -> bool:
        if value is None:
            return False
        number = plain_number(value)
        if isinstance(number, float) and number.is_integer():
            number = int(number)
        if isinstance(number, bool) or not isinstance(number, int):
            return self.wrong(key, value)
        return self.number(key, number, 0)

    def boolean(self, key: str, value: object) -> bool:
        if value is None:
            return False
        if not isinstance(value, bool):
            return self.wrong(key, value)
        self.raw(key, "true" if value else "false")
        return True

    def one_of(self, key: str, value: object, allowed: tuple[str, ...]) -> bool:
        if value is None:
            return False
        if not isinstance(value, str) or value not in allowed:
            return self.wrong(key, value)
        self.raw(key, f'"{exact_text(value)}"')
        return True

    def value(self, key: str, value: object, max_bytes: int, field: str | None = None) -> bool:
        """Any value, captured within `max_bytes`. Its redaction path begins with `field`."""
        if value is UNSET:
            return True
        captured = self.capture.value(value, key if field is None else field, max_bytes)
        self.raw(key, captured.json)
        self.adopt(key, captured.marks)
        return True

    def text(self, key: str, value: object, max_bytes: int, field: str) -> bool:
        """Free text, redacted and cut to a number of UTF-8 bytes."""
        if value is None:
            return False
        given = text_of(value)
        if given is None:
            return self.wrong(key, value)
        captured = self.capture.text(given, field, max_bytes)
        # The redactor may return any type.
        is_text = captured.json.startswith('"')
        if not is_text or not isinstance(value, str):
            self.mark(key, "coerced")
        self.adopt(key, captured.marks)
        self.raw(key, captured.json if is_text else quote(captured.json))
        return True

    def short_text(self, key: str, value: object, max_length: int, field: str) -> bool:
        """Free text, redacted and cut to a number of UTF-16 units."""
        if value is None:
            return False
        given = text_of(value)
        if given is None:
            return self.wrong(key, value)
        captured = self.capture.text(given, field, CAPTURE_STRING_BYTES)
        if not isinstance(value, str):
            self.mark(key, "coerced")
        self.scalar(key, given, captured, max_length)
        return True

    def scalar(self, key: str, given: object, captured: Captured, max_length: int) -> None:
        """A captured value as text, number or boolean. Text is cut to UTF-16 units."""
        is_scalar = captured.json[0] in '"-0123456789tf'
        json = captured.json if is_scalar else quote(captured.json)
        if not is_scalar:
            self.mark(key, "coerced")
        kept = json
        if json.startswith('"') and units(json) > max_length + 2:
            kept = _cut_json(json, max_length)
        if kept == json:
            self.adopt(key, captured.marks)
        else:
            self.adopt(key, [mark for mark in captured.marks if mark["kind"] != "truncated"])
            detail: dict[str, int] = {}
            if isinstance(given, str):
                detail["original"] = units(given)
            detail["kept"] = units(cast("str", _json.loads(kept)))
            self.mark(key, "truncated", **detail)
        self.raw(key, kept)

    def nested(self, key: str, value: object, write: WriteObject) -> bool:
        """A nested object. Without a valid member it is left out, with a mark."""
        if value is None:
            return False
        path = f"{self._path}/{pointer_segment(key)}"
        members = as_mapping(value)
        text = None if members is None else self._nested(path, members, write)
        if text is None:
            return self.wrong(key, value)
        self.raw(key, text)
        return True

    def items(
        self,
        key: str,
        values: object,
        max_items: int,
        write: WriteObject,
        as_item: Callable[[object], object] | None = None,
    ) -> bool:
        """A list of objects, cut at `max_items`. Invalid items are left out with a mark."""
        given = items_of(values, max_items)
        if given is None:
            return self.wrong(key, values)
        items, total = given
        texts: list[str] = []
        path = f"{self._path}/{pointer_segment(key)}"
        for value in items:
            members = as_mapping(value if as_item is None else as_item(value))
            if members is None:
                continue
            text = self._nested(f"{path}/{len(texts)}", members, write)
            if text is not None:
                texts.append(text)
        return self._listed(key, texts, len(items), total)

    def strings(self, key: str, values: object, max_items: int, max_length: int) -> bool:
        given = items_of(values, max_items)
        if given is None:
            return self.wrong(key, values)
        items, total = given
        texts: list[str] = []
        for value in items:
            text = text_of(value)
            if text is None:
                continue
            item = f"{key}/{len(texts)}"
            seen = self._seen(key, item, text)
            if seen is None:
                continue
            if not isinstance(value, str):
                self._mark_at(item, {"kind": "coerced"})
            texts.append(quote(self._fitted(item, seen, max_length, units(text))))
        return self._listed(key, texts, len(items), total)

    def record(
        self,
        key: str,
        value: object,
        max_keys: int,
        write: Callable[[ObjectWriter, str, object, str], object],
    ) -> bool:
        """A flat record. `write` gets the shortened key and the host's own key."""
        members = as_mapping(value)
        if members is None:
            return self.wrong(key, value)
        path = f"{self._path}/{pointer_segment(key)}"
        out = ObjectWriter(self.capture, self.marks, path, True)
        entries = {
            name if isinstance(name, str) else str(scalar_text(name) or name): item
            for name, item in members.items()
        }
        kept = list(entries)[:max_keys]
        fitting = FittingKeys(kept, _MAX_KEY_LENGTH)
        given = 0
        for name in kept:
            fitted = fitting.fit(name)
            item = entries[name]
            if is_absent(item):
                continue
            given += 1
            write(out, fitted, item, name)
            if fitted != name:
                out._mark_change(fitted, name)
        self._mark_cut(key, len(entries), max_keys)
        if given > 0 and not out._holds_given:
            return False
        self.raw(key, "{" + out.members + "}")
        return True

    def mark(self, key: str, kind: str, **detail: int | str) -> None:
        self._mark_at(pointer_segment(key), {"kind": kind, **detail})

    def adopt(self, key: str, marks: Marks) -> None:
        """Adds marks whose paths begin at the member."""
        prefix = f"{self._path}/{pointer_segment(key)}"
        for mark in marks:
            self.marks.append({**mark, "path": f"{prefix}{mark['path']}"})

    def wrong(self, key: str, value: object) -> bool:
        """Leaves a member out. Adds a mark unless the member is absent."""
        if not is_absent(value):
            self.mark(key, "dropped")
        return False

    def _mark_change(self, fitted: str, name: str) -> None:
        if units(name) <= _MAX_KEY_LENGTH:
            self.mark(fitted, "coerced")
        else:
            self.mark(fitted, "truncated", original=units(name), kept=units(fitted))

    def _add(self, key: str, json: str) -> None:
        self._parts.append(f"{quote(key)}:{json}" if self._is_record else f'"{key}":{json}')

    def _nested(self, path: str, value: Source, write: WriteObject) -> str | None:
        before = len(self.marks)
        out = ObjectWriter(self.capture, self.marks, path)
        try:
            is_whole = write(out, value)
        except Exception:
            # A lazy object may raise when it is only looked at. That costs only this member.
            del self.marks[before:]
            out = ObjectWriter(self.capture, self.marks, path)
            is_whole = write(out, {name: readable(item) for name, item in value.items()})
        if is_whole and out._holds_given:
            return "{" + out.members + "}"
        # One mark for the whole object replaces the marks of its parts.
        del self.marks[before:]
        return None

    def _listed(self, key: str, texts: list[str], given: int, total: int) -> bool:
        lost = given - len(texts)
        if lost > 0:
            self.mark(key, "dropped", original=lost, unit="items")
        self._mark_cut(key, total, given)
        if lost > 0 and not texts:
            return False
        self.raw(key, "[" + ",".join(texts) + "]")
        return True

    def _seen(self, key: str, item: str, text: str) -> str | None:
        """The text after redaction. None if the redactor returned something else."""
        captured = self.capture.text(text, key, CAPTURE_STRING_BYTES)
        for mark in captured.marks:
            if mark["kind"] != "truncated":
                self._mark_at(item, mark)
        seen: object = _json.loads(captured.json)
        return seen if isinstance(seen, str) else None

    def _fitted(self, place: str, text: str, max_length: int, original: int | None = None) -> str:
        fitted = text
        if units(fitted) > max_length:
            fitted = cut_units(fitted, max_length)
            whole = units(text) if original is None else original
            self._mark_at(place, {"kind": "truncated", "original": whole, "kept": units(fitted)})
        if is_storable(fitted):
            return fitted
        self._mark_at(place, {"kind": "coerced"})
        return storable(fitted)

    def _mark_cut(self, key: str, original: int, kept: int) -> None:
        if original > kept:
            self.mark(key, "truncated", original=original, kept=kept, unit="items")

    def _mark_at(self, place: str, mark: Mark) -> None:
        self.marks.append({**mark, "path": f"{self._path}/{place}"})


def _cut_json(json: str, max_length: int) -> str:
    """The JSON text of a string, cut to a length in UTF-16 units."""
    text = cast("str", _json.loads(json))
    return quote(cut_units(text, max_length)) if units(text) > max_length else json
