"""Reading what a host passed. Its values may have any type, whatever the annotations say."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Final, TypeGuard, TypeVar, cast

R = TypeVar("R")

MAX_SAFE_INTEGER: Final = 2**53 - 1


class Unset:
    """The type of `UNSET`, which means that an argument was not given. `None` is a value."""

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET: Final = Unset()


def quietly(ask: Callable[[], R]) -> R | None:
    """Returns the result of a function, or None if it raises."""
    try:
        return ask()
    except Exception:
        return None


def is_absent(value: object) -> bool:
    return value is None or value is UNSET


def as_mapping(value: object) -> Mapping[str, object] | None:
    """The members of a mapping. None for other values, and for a mapping that cannot be read."""
    if type(value) is dict:
        return cast("dict[str, object]", value)
    return quietly(lambda: _members_of(value))


def _members_of(value: object) -> dict[str, object] | None:
    return dict(cast("Mapping[str, object]", value)) if isinstance(value, Mapping) else None


def items_of(values: object, max_items: int) -> tuple[list[object], int] | None:
    """At most `max_items` of a list or another iterable, and the number of all.

    None for text, mappings and other values.
    """
    items: list[object] = []
    try:
        is_text = isinstance(values, (str, bytes, bytearray, Mapping))
        if is_text or not isinstance(values, Iterable):
            return None
        if isinstance(values, Sequence):
            known = cast("Sequence[object]", values)
            return list(islice(known, max_items)), len(known)
        for item in cast("Iterable[object]", values):
            if len(items) == max_items:
                return items, max_items + 1
            items.append(item)
        return items, len(items)
    except Exception:
        return None if not items else (items, len(items) + 1)


def is_number(value: object) -> TypeGuard[int | float]:
    """A finite number of Python or NumPy. A bool is not a number here."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return isinstance(value, int) or math.isfinite(value)


def plain_number(value: object) -> object:
    """A NumPy number or a Decimal as a number of Python; other values unchanged."""
    if isinstance(value, (int, float, str)) or value is None:
        return value
    if _is_numpy_scalar(value) or type(value).__name__ == "Decimal":
        item = quietly(lambda: _number_of(value))
        return value if item is None else item
    return value


def _number_of(value: object) -> object:
    item = getattr(value, "item", None)
    return item() if callable(item) else float(cast("float", value))


def _is_numpy_scalar(value: object) -> bool:
    kind = type(value)
    return kind.__module__ == "numpy" and hasattr(kind, "item") and hasattr(kind, "dtype")


def number_text(number: int | float) -> str:
    return int.__repr__(number) if isinstance(number, int) else float.__repr__(number)


def integer_text(value: int) -> str:
    """Printing an integer of a million digits takes seconds, so a very large one is described."""
    if value.bit_length() > 14_000:
        return f"[integer of {value.bit_length()} bits]"
    return int.__repr__(value)


def scalar_text(value: object) -> str | None:
    """The text of a number or boolean; None for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return integer_text(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return (
            str(int(value)) if value.is_integer() and abs(value) < 1e21 else float.__repr__(value)
        )
    number = plain_number(value)
    return scalar_text(number) if isinstance(number, (int, float)) else None


def readable(value: object) -> object:
    """The value, or an empty object in place of one that raises when it is looked at."""
    return object() if quietly(lambda: (isinstance(value, str),)) is None else value


def text_of(value: object) -> str | None:
    """A text, or a number as text."""
    return exact_text(value) if isinstance(value, str) else scalar_text(value)


def exact_text(value: str) -> str:
    """The text of a subclass of str, such as an Enum, without its own methods."""
    return value if type(value) is str else str.__str__(value)
