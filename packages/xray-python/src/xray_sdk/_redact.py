"""Rules for values that must not leave the process."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ._secret_keys import (
    Secrecy,
    default_secrecy,
    flag_name,
    holds_text,
    is_line_list,
    is_named_member,
    may_alternate,
    name_before,
    names_in,
    squash,
)

_MAX_CACHED_KEYS = 2_000
_MAX_ALTERNATING = 200


@dataclass(frozen=True)
class RedactionPlace:
    """The place of a value: its key and its dotted path, which begins with the field."""

    key: str
    path: str


@dataclass(frozen=True)
class Redact:
    """Rules for values that must not leave the process, in addition to the default keys.

    `paths` are dotted, such as `input.applicant.ssn`; a `*` matches one or more segments. `keys`
    match at any depth; texts match in any case. `defaults=False` turns the default keys off.
    `replace` returns the replacement of a value found by path or key. `text` receives every string
    that is recorded as a value, and returns the string to record.
    """

    paths: Sequence[str] = ()
    keys: Sequence[str | re.Pattern[str]] = ()
    defaults: bool = True
    replace: Callable[[object, RedactionPlace], object] | None = None
    text: Callable[[str, RedactionPlace], str] | None = None


class Redactor:
    """The resolved rules. The capture applies them to each key and text."""

    def __init__(self, rules: Redact) -> None:
        self._rules = rules
        if isinstance(rules.paths, str) or isinstance(rules.keys, str):
            raise TypeError("paths and keys must be lists")
        self._paths = [_path_pattern(path) for path in rules.paths]
        last = [_last_segment(path) for path in rules.paths]
        self._last_segments = frozenset(last)
        self._suspects_all = any("*" in segment for segment in last)
        self.sees_text = rules.text is not None
        self._literals = frozenset(squash(key) for key in rules.keys if isinstance(key, str))
        self._patterns = [key for key in rules.keys if not isinstance(key, str)]
        for pattern in self._patterns:
            pattern.search("")
        self._secrecies: dict[str, Secrecy] = {}

    def suspects(self, key: str) -> bool:
        """Whether a value under this key may have to be redacted. Only "true" needs a check."""
        return self._is_path_end(key) or self.secrecy_of(key) != "none"

    def matches(self, key: str, path: Callable[[], str], value: object) -> bool:
        """Whether this value must be redacted, given its key and path."""
        if not self.suspects(key):
            return False
        if self.hides(key, value):
            return True
        return any(pattern.search(path()) for pattern in self._paths)

    def hides(self, name: str, value: object) -> bool:
        """Whether a value must be redacted because of a name beside it."""
        secrecy = self.secrecy_of(name)
        return secrecy == "all" or (secrecy == "text" and holds_text(value))

    def is_named_secret(self, key: str, properties: Mapping[str, object]) -> bool:
        """Whether another member of the object names this member as a secret."""
        if not is_named_member(key):
            return False
        return any(self.hides(name, properties.get(key)) for name in names_in(properties))

    def secret_places(self, values: Sequence[object], key: str) -> set[int]:
        """The places in a list whose item beside them names a secret."""
        count = len(values)
        if count > _MAX_ALTERNATING or count == 0:
            return set()
        alternates = count % 2 == 0 and may_alternate(key)
        has_lines = is_line_list(key)
        places: set[int] = set()
        if not alternates and not has_lines:
            return places
        before: object = None
        for place, value in enumerate(values):
            names: list[str | None] = []
            if alternates and place % 2 == 1 and isinstance(before, str):
                names.append(before)
            if has_lines:
                names.append(name_before(value) if isinstance(value, str) else None)
                names.append(flag_name(before))
            if any(name is not None and self.hides(name, value) for name in names):
                places.add(place)
            before = value
        return places

    def secrecy_of(self, key: str) -> Secrecy:
        """How much the rules for keys redact. The last segment of a path counts, too."""
        known = self._secrecies.get(key)
        if known is not None:
            return known
        secrecy = self._judge(key)
        if len(self._secrecies) >= _MAX_CACHED_KEYS:
            self._secrecies.clear()
        self._secrecies[key] = secrecy
        return secrecy

    def replace(self, value: object, place: RedactionPlace) -> object:
        """Returns the replacement of a redacted value. The host's function may raise."""
        return "[redacted]" if self._rules.replace is None else self._rules.replace(value, place)

    def text(self, text: str, place: RedactionPlace) -> object:
        """Returns the text to record. The host's function may raise."""
        return text if self._rules.text is None else self._rules.text(text, place)

    def _is_path_end(self, key: str) -> bool:
        if self._suspects_all:
            return True
        return bool(self._last_segments) and _last_segment(key) in self._last_segments

    def _judge(self, key: str) -> Secrecy:
        last = _last_segment(key)
        as_path: Secrecy = self._judge(last) if last not in (key, "") else "none"
        if as_path == "all":
            return "all"
        if squash(key) in self._literals or any(p.search(key) for p in self._patterns):
            return "all"
        secrecy: Secrecy = "none" if self._rules.defaults is False else default_secrecy(key)
        return as_path if secrecy == "none" else secrecy


def _last_segment(path: str) -> str:
    return path.rpartition(".")[2]


def _path_pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\*+", path)
    return re.compile("^" + ".+".join(re.escape(part) for part in parts) + r"\Z", re.DOTALL)
