"""What the record holds of values that JSON cannot express. Nothing here imports a library."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterator
from datetime import date, datetime, time, timezone
from io import IOBase
from typing import cast

from ._source import quietly

# Rows and items of arrays and frames; the bounds of a captured value cut them further.
MAX_ROWS = 1_000


def time_text(value: datetime | date | time) -> str:
    """ISO-8601: UTC if the value has a zone, in milliseconds unless it has microseconds."""
    if not isinstance(value, datetime):
        return value.isoformat()
    at = value if value.tzinfo is None else value.astimezone(timezone.utc)
    detail = "milliseconds" if at.microsecond % 1_000 == 0 else "microseconds"
    text = at.replace(tzinfo=None).isoformat(timespec=detail)
    return text if value.tzinfo is None else f"{text}Z"


def class_name(value: object) -> str:
    return type(value).__name__


def description(value: object) -> str | None:
    """The text for a value whose content is not data: a function, a generator, a file."""
    if isinstance(
        value,
        (
            types.FunctionType,
            types.MethodType,
            types.BuiltinFunctionType,
            types.MethodWrapperType,
            types.WrapperDescriptorType,
        ),
    ):
        return "[function]"
    if isinstance(value, (types.CoroutineType, types.AsyncGeneratorType)):
        return "[coroutine]"
    if isinstance(value, types.GeneratorType):
        return "[generator]"
    if isinstance(value, Iterator):
        return "[iterator]"
    if isinstance(value, type):
        return f"[class {value.__name__}]"
    if isinstance(value, types.ModuleType):
        return f"[module {value.__name__}]"
    if isinstance(value, IOBase):
        return "[stream]"
    if hasattr(value, "add_done_callback"):
        return "[future]"
    return None


def is_array(value: object) -> bool:
    """An array of NumPy, or another library's with the same methods."""
    return all(hasattr(value, name) for name in ("tolist", "ndim", "shape"))


def is_frame(value: object) -> bool:
    """A data frame of pandas or polars."""
    return hasattr(value, "columns") and (hasattr(value, "to_dicts") or hasattr(value, "to_dict"))


def is_column(value: object) -> bool:
    """A series of pandas or polars."""
    return hasattr(value, "dtype") and hasattr(value, "head") and hasattr(value, "to_list")


def frame_rows(frame: object, max_rows: int) -> list[object]:
    """The first rows as dicts."""
    head = frame.head(max_rows)  # type: ignore[attr-defined] # pyright: ignore
    if hasattr(head, "to_dicts"):
        return list(cast("list[object]", head.to_dicts()))
    return list(cast("list[object]", head.to_dict("records")))


def column_items(column: object, max_items: int) -> list[object]:
    head = column.head(max_items)  # type: ignore[attr-defined] # pyright: ignore
    return list(cast("list[object]", head.to_list()))


def length_of(value: object) -> int:
    return len(value)  # type: ignore[arg-type] # pyright: ignore


def fields_of(value: object) -> dict[str, object] | None:
    """The names of an object's public fields, each with a reader. None if it has no fields."""
    names = quietly(lambda: _names_of(value))
    if names is None:
        return None
    return {name: None for name in names if not name.startswith("_")}


def _names_of(value: object) -> list[str] | None:
    if isinstance(value, tuple):
        named = getattr(value, "_fields", None)
        return list(cast("tuple[str, ...]", named)) if isinstance(named, tuple) else None
    if dataclasses.is_dataclass(value):
        return [field.name for field in dataclasses.fields(value)]
    attributes = getattr(type(value), "__attrs_attrs__", None)
    if attributes is not None:
        return [str(attribute.name) for attribute in attributes]
    names: dict[str, None] = {}
    own = getattr(value, "__dict__", None)
    has_fields = isinstance(own, dict)
    if isinstance(own, dict):
        names.update(dict.fromkeys(str(name) for name in cast("dict[object, object]", own)))
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__")
        if slots is None:
            continue
        listed = (slots,) if isinstance(slots, str) else tuple(cast("tuple[str, ...]", slots))
        for name in listed:
            has_fields = True
            if not name.startswith("_") and hasattr(value, name):
                names[name] = None
    extra = getattr(value, "__pydantic_extra__", None)
    if isinstance(extra, dict):
        names.update(dict.fromkeys(str(name) for name in cast("dict[object, object]", extra)))
    return list(names) if has_fields else None
