"""What the record holds of an error. The traceback is left out: it may contain secrets."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from ._limits import MAX_ERROR_CAUSES, MAX_ERRORS, MAX_NAME, SMALL_VALUE_BYTES
from ._source import as_mapping, is_absent, items_of, quietly

if TYPE_CHECKING:
    from ._object_writer import ObjectWriter

_NAMED_FIELDS = ("name", "message", "code", "cause", "errors")
_OWN_FIELDS = ("args", "exceptions", "stack", "traceback")


def error_members(error: BaseException) -> dict[str, object]:
    """The members of an error that is itself a value."""
    members: dict[str, object] = {"name": type(error).__name__, "message": _message_of(error)}
    for name, value in (
        ("code", _code_of(error)),
        ("cause", error.__cause__),
        ("errors", _errors_of(error)),
    ):
        if value is not None:
            members[name] = value
    members.update(_own_members(error))
    return members


def write_error(out: ObjectWriter, raised: object) -> None:
    """Writes any error, also a message or a dict that the host passed as one."""
    _write_raised(out, raised, [])


def _write_raised(out: ObjectWriter, raised: object, around: list[object]) -> None:
    if isinstance(raised, BaseException):
        _write_exception(out, raised, around)
        return
    members = as_mapping(raised)
    if members is None:
        out.raw("type", '"Error"')
        text = raised if isinstance(raised, str) else quietly(lambda: str(raised))
        _write_message(out, text if text is not None else f"[{type(raised).__name__}]")
        return
    _write_mapping(out, members, raised, around)


def _write_exception(out: ObjectWriter, error: BaseException, around: list[object]) -> None:
    if not out.string("type", type(error).__name__, MAX_NAME):
        out.raw("type", '"Error"')
    _write_message(out, _message_of(error))
    _write_details(
        out, error, _code_of(error), _own_members(error), error.__cause__, _errors_of(error), around
    )


def _write_mapping(
    out: ObjectWriter, members: Mapping[str, object], raised: object, around: list[object]
) -> None:
    names = [members.get("name"), members.get("type")]
    name = next((name for name in names if isinstance(name, str) and name != ""), "Object")
    out.string("type", name, MAX_NAME)
    message = members.get("message")
    if isinstance(message, str):
        _write_message(out, message)
    else:
        json, marks, _ = out.capture.value(raised, "error", SMALL_VALUE_BYTES)
        out.text("message", json, SMALL_VALUE_BYTES, "error.message")
        out.adopt("message", [{**mark, "path": ""} for mark in marks])
    known = (*_NAMED_FIELDS, "type", "stack")
    own = {key: value for key, value in members.items() if key not in known}
    errors = members.get("errors")
    if not is_absent(errors) and items_of(errors, 1) is None:
        own["errors"] = errors
        errors = None
    _write_details(out, raised, members.get("code"), own, members.get("cause"), errors, around)


def _write_message(out: ObjectWriter, message: str) -> None:
    out.text("message", message, SMALL_VALUE_BYTES, "error.message")


def _write_details(
    out: ObjectWriter,
    raised: object,
    code: object,
    own: Mapping[str, object],
    cause: object,
    errors: object,
    around: list[object],
) -> None:
    if not is_absent(code):
        out.value("code", code, SMALL_VALUE_BYTES, "error.code")
    if own:
        out.value("props", dict(own), SMALL_VALUE_BYTES, "error.props")
    inside = [*around, raised]
    is_deep = len(inside) > MAX_ERROR_CAUSES
    if not is_absent(cause):
        if any(outer is cause for outer in inside):
            out.mark("cause", "circular")
        elif is_deep:
            out.mark("cause", "truncated", kept=len(inside), unit="depth")
        else:
            out.nested("cause", _Raised(cause), _write_inside(inside))
    if is_absent(errors) or items_of(errors, 1) is None:
        return
    if is_deep:
        out.mark("errors", "truncated", kept=len(inside), unit="depth")
    else:
        out.items("errors", errors, MAX_ERRORS, _write_inside(inside), _Raised)


class _Raised(dict[str, object]):
    """Wraps any error in a mapping, because the writer of objects needs one."""

    def __init__(self, raised: object) -> None:
        super().__init__(raised=raised)


def _write_inside(
    inside: list[object],
) -> Callable[[ObjectWriter, Mapping[str, object]], bool]:
    def write(out: ObjectWriter, given: Mapping[str, object]) -> bool:
        _write_raised(out, given["raised"], inside)
        return True

    return write


def _message_of(error: BaseException) -> str:
    if len(error.args) > 1 and hasattr(error, "exceptions"):
        return quietly(lambda: str(error.args[0])) or ""
    text = quietly(lambda: str(error))
    return text if text is not None else f"[{type(error).__name__}]"


def _code_of(error: BaseException) -> object:
    code = quietly(lambda: cast("object", getattr(error, "code", None)))
    if code is None and isinstance(error, OSError) and error.errno is not None:
        return errno.errorcode.get(error.errno, error.errno)
    return None if callable(code) else code


def _errors_of(error: BaseException) -> object:
    exceptions = quietly(lambda: cast("object", getattr(error, "exceptions", None)))
    return list(cast("tuple[object, ...]", exceptions)) if isinstance(exceptions, tuple) else None


def _own_members(error: BaseException) -> dict[str, object]:
    own = quietly(lambda: dict(vars(error))) or {}
    return {
        key: value
        for key, value in own.items()
        if not key.startswith("_") and key not in _NAMED_FIELDS and key not in _OWN_FIELDS
    }
