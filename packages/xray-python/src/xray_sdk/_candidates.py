"""Filtering and ranking: the real work, with the verdict on every candidate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar, cast

from ._python_values import frame_rows, is_array, is_frame, length_of
from ._source import exact_text, is_number, plain_number, quietly, scalar_text
from ._text import short_name

T = TypeVar("T")

# A rule's result for one candidate. It is one byte, because there can be millions.
NOT_ASKED = 0
PASSED = 1
FAILED = 2
RAISED = 3

_MAX_REASON_LENGTH = 64


@dataclass(frozen=True)
class FilterRule(Generic[T]):
    """One rule of a filter. A candidate stays if `test` returns true.

    `actual` returns the tested value and is called only for candidates that are kept in detail.
    `reason` is the code of a rejection; default: the rule's id.
    """

    id: str
    test: Callable[[T], object]
    actual: Callable[[T], object] | None = None
    threshold: object = None
    reason: str | None = None
    version: str | None = None
    field: str | None = None
    op: str | None = None
    unit: str | None = None


class Verdict(NamedTuple):
    outcome: str
    # The deciding reason of a rejection.
    reason: str | None


@dataclass
class Verdicts(Generic[T]):
    """The result for each candidate, by its place. Nothing is captured yet."""

    candidates: Sequence[T]
    # All possible verdicts. `kind_of` gives each candidate's index in them.
    kinds: list[Verdict]
    kind_of: list[int]
    scores: list[float | None] | None
    # The score that separates the selected candidates from the others.
    cutoff: float | None
    is_ranked: bool
    rules: list[FilterRule[T]] = field(default_factory=list)
    # The results of all rules for each candidate, in order: one byte each.
    results: bytearray = field(default_factory=bytearray)


@dataclass
class FilterRun(Generic[T]):
    """A filter's verdicts, with the error of a test that ended it early."""

    places: list[int]
    verdicts: Verdicts[T]
    error: BaseException | None


_KEPT = Verdict("kept", None)
_SELECTED = Verdict("selected", None)
_BELOW_CUTOFF = Verdict("rejected", "BELOW_CUTOFF")


def candidates_of(items: object) -> Sequence[object]:
    """The candidates as a sequence: rows of a data frame as dicts, or the items themselves."""
    if is_frame(items):
        return frame_rows(items, length_of(items))
    return list(cast("Iterable[object]", items))


def chosen(items: object, candidates: Sequence[object], places: list[int]) -> object:
    """The chosen items in the type that came in: a frame, an array or a list."""
    if hasattr(items, "iloc"):
        return items.iloc[places]  # pyright: ignore
    if is_frame(items) or is_array(items):
        return items[places]  # type: ignore[index] # pyright: ignore
    return [candidates[place] for place in places]


def reader_of(given: object) -> Callable[[object], object]:
    """A function, or the name of a key or an attribute, as a function."""
    if callable(given):
        return cast("Callable[[object], object]", given)
    if not isinstance(given, str):
        return lambda candidate: candidate
    name = given

    def read(candidate: object) -> object:
        if isinstance(candidate, Mapping):
            return cast("Mapping[str, object]", candidate)[name]
        return getattr(candidate, name)

    return read


def rule_of(given: object) -> FilterRule[object]:
    if isinstance(given, FilterRule):
        return cast("FilterRule[object]", given)
    members = dict(cast("Mapping[str, object]", given))
    known = {key: value for key, value in members.items() if key in FilterRule.__match_args__}
    return FilterRule(**known)  # type: ignore[arg-type] # pyright: ignore


def run_filter(
    candidates: Sequence[T],
    rules: list[FilterRule[T]],
    asks_all: bool,
    score: Callable[[T], object] | None,
) -> FilterRun[T]:
    """Runs the rules. Each test is called at most once for each candidate, in order."""
    width = len(rules)
    results = bytearray(len(candidates) * width)
    kind_of: list[int] = []
    places: list[int] = []
    error: BaseException | None = None
    tests = [rule.test for rule in rules]
    for place, candidate in enumerate(candidates):
        base = place * width
        kind = 0
        for index, test in enumerate(tests):
            try:
                is_passed = bool(test(candidate))
            except BaseException as raised:
                results[base + index] = RAISED
                # If an earlier rule rejected the candidate, that rule stays the deciding one.
                kind = kind or 1 + width + index
                error = raised
                break
            if is_passed:
                results[base + index] = PASSED
                continue
            results[base + index] = FAILED
            kind = kind or 1 + index
            if not asks_all:
                break
        kind_of.append(kind)
        if error is not None:
            break
        if kind == 0:
            places.append(place)
    judged = candidates[: len(kind_of)]
    codes = [reason_code(rule) for rule in rules]
    kinds = [
        _KEPT,
        *(Verdict("rejected", code) for code in codes),
        *(Verdict("error", code) for code in codes),
    ]
    scores = None if score is None else [_finite_score(score, item) for item in judged]
    verdicts = Verdicts(judged, kinds, kind_of, scores, None, False, rules, results)
    return FilterRun(places, verdicts, error)


def run_rank(
    candidates: Sequence[T], score: Callable[[T], object], top: int | None, order: str
) -> tuple[list[int], Verdicts[T]]:
    """Ranks by score in a stable order. A score that is not a number comes last."""
    sign = 1 if order == "asc" else -1
    scores = [plain_number(score(candidate)) for candidate in candidates]

    def key(place: int) -> tuple[int, float]:
        value = scores[place]
        is_ranked = (
            isinstance(value, (int, float)) and not isinstance(value, bool) and value == value
        )
        return (0, sign * float(cast("float", value))) if is_ranked else (1, 0.0)

    places = sorted(range(len(candidates)), key=key)
    count = len(places)
    last_place = count if top is None else max(0, int(top))
    ordered = [scores[place] for place in places]
    finite = [value if is_number(value) else None for value in ordered]
    cutoff = finite[last_place - 1] if 0 < last_place < count else None
    kind_of = [0] * min(last_place, count) + [1] * max(0, count - last_place)
    verdicts = Verdicts(
        [candidates[place] for place in places],
        [_KEPT if top is None else _SELECTED, _BELOW_CUTOFF],
        kind_of,
        finite,
        cutoff,
        True,
    )
    return places[:last_place], verdicts


def reason_code(rule: FilterRule[T]) -> str:
    """The code of a rejection by this rule."""
    return short_name(_whole_reason_code(rule), _MAX_REASON_LENGTH)


def is_reason_cut(rule: FilterRule[T]) -> bool:
    return reason_code(rule) != _whole_reason_code(rule)


def _whole_reason_code(rule: FilterRule[T]) -> str:
    for given in (rule.reason, rule.id):
        text = exact_text(given) if isinstance(given, str) else scalar_text(given)
        if text:
            return text
    return "unnamed"


def _finite_score(score: Callable[[T], object], candidate: T) -> float | None:
    """The score is only recorded, so its errors must not end the host's filter."""
    value = plain_number(quietly(lambda: score(candidate)))
    return value if is_number(value) else None
