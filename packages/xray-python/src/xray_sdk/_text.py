"""Text for the wire: JSON strings, lengths and cuts that split no character."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from json.encoder import encode_basestring

_UTF16 = "utf-16-le" if sys.byteorder == "little" else "utf-16-be"
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_HASH_LENGTH = 8
# A visible character may consist of several code points. Beyond this many units it is split.
_MAX_CHARACTER_UNITS = 32
_JOINER = "\u200d"


def quote(text: str) -> str:
    """The JSON text of a string."""
    return encode_basestring(text)


def to_bytes(json: str) -> bytes:
    """JSON text in UTF-8. Half of a surrogate pair becomes its JSON escape."""
    try:
        return json.encode()
    except UnicodeEncodeError:
        return json.encode("utf-8", "backslashreplace")


def utf8_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def units(text: str) -> int:
    """The length in UTF-16 units, which the limits of the wire format count."""
    return len(text) if text.isascii() else len(text.encode(_UTF16, "surrogatepass")) // 2


def is_storable(text: str) -> bool:
    """Whether the server can store a name or a key as it is."""
    return _UNSTORABLE.search(text) is None


def storable(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)


def cut_text(text: str, max_bytes: int) -> tuple[str, int]:
    """The longest prefix that takes at most `max_bytes` in UTF-8, and its number of bytes."""
    data = text.encode("utf-8", "surrogatepass")
    if len(data) <= max_bytes:
        return text, len(data)
    end = max(0, max_bytes)
    while end > 0 and data[end] & 0xC0 == 0x80:
        end -= 1
    prefix = data[:end].decode("utf-8", "surrogatepass")
    cut = text[: _character_end(text, len(prefix))]
    return cut, utf8_length(cut)


def cut_units(text: str, max_units: int) -> str:
    """The longest prefix that takes at most `max_units` UTF-16 units."""
    if units(text) <= max_units:
        return text
    end = 0
    used = 0
    for character in text:
        used += 2 if character > "\uffff" else 1
        if used > max_units:
            break
        end += 1
    return text[: _character_end(text, end)]


def _character_end(text: str, at: int) -> int:
    end = at
    back = 0
    while end > 0 and _splits_character(text, end):
        end -= 1
        back += 2 if text[end] > "\uffff" else 1
        if back >= _MAX_CHARACTER_UNITS:
            return at
    return end or at


def _splits_character(text: str, end: int) -> bool:
    if text[end - 1] == _JOINER:
        return True
    if end >= len(text):
        return False
    following = text[end]
    if following == _JOINER or "\U0001f3fb" <= following <= "\U0001f3ff":
        return True
    return unicodedata.category(following).startswith("M")


def hash32(text: str, seed: int = 0x811C9DC5) -> int:
    """FNV-1a over UTF-16 units with MurmurHash3's finalizer, as in the TypeScript SDK."""
    value = seed
    codes: Iterable[int] = (
        text.encode("ascii")
        if text.isascii()
        else memoryview(text.encode(_UTF16, "surrogatepass")).cast("H")
    )
    for code in codes:
        value = ((value ^ code) * 0x01000193) & 0xFFFFFFFF
    value = ((value ^ (value >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    value = ((value ^ (value >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return value ^ (value >> 16)


def short_name(name: str, max_length: int) -> str:
    """A storable name within a length. A changed name ends in a hash of the original."""
    if units(name) <= max_length and is_storable(name):
        return name
    return f"{cut_units(storable(name), max_length - _HASH_LENGTH)}~{_base36(hash32(name))}"


def _base36(number: int) -> str:
    digits = ""
    while number > 0 or digits == "":
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits


class FittingKeys:
    """Shortens the keys of one object. Keys that become equal get different endings."""

    def __init__(self, keys: Sequence[str], max_length: int) -> None:
        self._keys = keys
        self._max_length = max_length
        self._changed: set[str] = set()

    def fit(self, key: str) -> str:
        """Call this once for each key."""
        if units(key) <= self._max_length and is_storable(key):
            return key
        clean = cut_units(storable(key), self._max_length)
        is_taken = clean in self._changed or clean in self._keys
        fitting = short_name(f"{key}\0", self._max_length) if is_taken else clean
        self._changed.add(fitting)
        return fitting


def pointer_segment(key: str) -> str:
    """Escapes `~` and `/` in a segment of a JSON Pointer (RFC 6901)."""
    if "~" in key or "/" in key:
        return key.replace("~", "~0").replace("/", "~1")
    return key
