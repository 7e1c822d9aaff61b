"""The names of values that are secrets, equal to those of the TypeScript SDK."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, cast

Secrecy = Literal["none", "text", "all"]

_ANYWHERE = re.compile(
    r"passw(?:or)?d|passphrase|passcode|secret(?!ar)|authori[sz]ation|apikey|privatekey|accesskey"
    r"|credential|cookie|sess(?:ion)?(?:id|key)|securitycode|securityanswer|socialsecurity"
    r"|connectionstring|(?:verification|recovery|backup|mfa)code"
)
_AT_END = re.compile(
    r"(?:token|(?:pwd|ssn|cvv2?|cvc2?|jwt)s?|card(?:number|num|no)s?|(?:credit|debit)cards?"
    r"|cc(?:number|num|no)s?|connectsid|(?:app|auth|client|crypto|encryption|decryption|hmac|jwt"
    r"|master|pgp|rsa|service|shared|signing|ssh|storage|subscription)keys?)\Z"
)
_WORD = (
    r"(?:pwds?|pw|ssns?|cvv2?s?|cvc2?s?|csc|otps?|totp|jwts?|bearer|creds|csrf|xsrf|passkeys?"
    r"|pin|pan"
)
_WORDS = re.compile(
    rf"(?:^| ){_WORD}|tokens?)"
    r"(?: (?:number|num|no|code|value|hash|text|raw|plain|string|full|header|last|\d+))+\Z"
    rf"|(?:^| ){_WORD})\Z",
    re.ASCII,
)
_TEXT_WORDS = re.compile(
    r"(?:^| )(?:tokens|o?auth|pins|pans)"
    r"(?: (?:header|headers|code|value|values|info|data|string))*\Z|^pass\Z"
    r"|(?:^| )(?:user|login|db|database|smtp|mail|ftp|admin|root|proxy|my) ?pass\Z"
)
_SEPARATORS = re.compile(r"[-_.\s]")
_CAMEL = re.compile(r"([a-z])([A-Z\d])", re.ASCII)
_ACRONYM = re.compile(r"([A-Z]+)([A-Z][a-z])")
_OTHER = re.compile(r"[^a-z\d]+", re.ASCII)

_MAX_DEPTH = 4
_MAX_ITEMS = 100
_MAX_NAME_LENGTH = 128

_NAMING = ("name", "key", "header", "field", "param", "label", "variable", "id", "k")
_NAMED = re.compile(
    r"(?:raw|old|new|previous|current|default|initial|final)?(?:values?|val)"
    r"|(?:v|content|actual|threshold|expected|answer|before|after)"
)
_NAME_LIST = re.compile(
    r"(?:names?|fields|keys|columns|properties|attributes|missing|required|scopes|types)\Z"
)
_NAME_BEFORE = re.compile(r"-{0,2}([\w.-]{2,64})\s*[:=]\s*\S", re.ASCII)
_FLAG = re.compile(r"--?([\w-]{2,64})\Z", re.ASCII)
_LINE_LIST = re.compile(
    r"headers?\Z|trailers?\Z|cookies?\Z|args?\Z|argv\Z|arguments\Z|params?\Z|^env\Z"
)


def default_secrecy(key: str) -> Secrecy:
    """How much the default rules redact under a key: nothing, text, or everything."""
    plain = squash(key)
    if _ANYWHERE.search(plain) or _AT_END.search(plain):
        return "all"
    words = _words_of(key)
    if _WORDS.search(words):
        return "all"
    return "text" if _TEXT_WORDS.search(words) else "none"


def squash(key: str) -> str:
    """Removes case and separators from a key."""
    return _SEPARATORS.sub("", key.lower())


def _words_of(key: str) -> str:
    spaced = _ACRONYM.sub(r"\1 \2", _CAMEL.sub(r"\1 \2", key))
    return _OTHER.sub(" ", spaced.lower()).strip()


def holds_text(value: object, depth: int = 0) -> bool:
    """Whether a value contains text. An unknown value counts as text."""
    if isinstance(value, str):
        return True
    if value is None or isinstance(value, (int, float)):
        return False
    if depth == _MAX_DEPTH:
        return True
    items: list[object]
    if isinstance(value, (list, tuple)):
        items = list(cast("list[object]", value[:_MAX_ITEMS]))
    elif type(value) is dict:
        items = list(cast("dict[object, object]", value).values())[:_MAX_ITEMS]
    else:
        return True
    return any(holds_text(item, depth + 1) for item in items)


def is_named_member(key: str) -> bool:
    """Whether the name of a value with this key may be in another member of its object."""
    return _NAMED.fullmatch(squash(key)) is not None


def names_in(properties: Mapping[str, object]) -> list[str]:
    """The names that an object gives for its value."""
    names = [properties.get(key) for key in _NAMING]
    return [name for name in names if isinstance(name, str) and len(name) <= _MAX_NAME_LENGTH]


def may_alternate(key: str) -> bool:
    """Whether a list under this key may hold names and values by turns, as in raw headers."""
    return _NAME_LIST.search(squash(key)) is None


def name_before(text: str) -> str | None:
    """The name at the beginning of a list item, as in `--password=…` or `Cookie: …`."""
    found = _NAME_BEFORE.match(text)
    return found.group(1) if found else None


def flag_name(text: object) -> str | None:
    """The name of the next item in a list of arguments, as in `--password`."""
    found = _FLAG.match(text) if isinstance(text, str) else None
    return found.group(1) if found else None


def is_line_list(key: str) -> bool:
    """Whether a list under this key may hold lines of headers or arguments."""
    return _LINE_LIST.search(squash(key)) is not None
