"""Captures a set of candidates: exact counts, some in detail, all in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar, cast

from ._candidate_sample import sample_candidates
from ._candidates import (
    FAILED,
    NOT_ASKED,
    PASSED,
    RAISED,
    FilterRule,
    Verdicts,
    is_reason_cut,
    reason_code,
)
from ._capture import Capture, json_text
from ._fields import ACTUAL_PATH, write_actual
from ._limits import (
    CANDIDATE_DATA_BYTES,
    MAX_CANDIDATE_ID,
    MAX_ID,
    MAX_METRICS,
    MAX_NAME,
    MAX_REASONS,
    MAX_RULES,
    SMALL_VALUE_BYTES,
)
from ._marks import Marks
from ._object_writer import ObjectWriter, Source
from ._source import UNSET, exact_text, items_of, number_text, scalar_text
from ._text import quote, short_name, units

T = TypeVar("T")

_MAX_LEDGER_IDS = 20_000
_MAX_LEDGER_LENGTH = 1024 * 1024
_MAX_WATCHED = 10_000
_LETTERS = {"selected": "s", "kept": "k", "rejected": "r", "deferred": "d", "error": "e"}
_RESULTS = {NOT_ASKED: "skip", PASSED: "pass", FAILED: "fail", RAISED: "error"}


class ItemText(NamedTuple):
    members: str
    data: str | None


class LedgerText(NamedTuple):
    members: str
    scores: str | None


class CandidateText(NamedTuple):
    """A candidate set as JSON text. An oversized snapshot may shed each part but `head`."""

    head: str
    items: list[ItemText]
    ledger: LedgerText | None
    # The paths of these marks begin at the step.
    marks: Marks


@dataclass
class Detail:
    """Options for the detail of each candidate."""

    id: Callable[[object], object]
    type: object = None
    person: object = None
    data: Callable[[object], object] | None = None
    watch: object = None
    scores: Callable[[object], object] | None = None


def write_candidates(
    capture: Capture,
    verdicts: Verdicts[object],
    detail: Detail,
    execution_id: str,
    max_items: int,
) -> CandidateText:
    marks: Marks = []
    ids, changes = _name_candidates(verdicts, detail.id)
    strata = sample_candidates(verdicts, ids, _watched_ids(detail.watch), execution_id, max_items)
    by_outcome, by_reason = _count_verdicts(verdicts)
    kept = sum(len(stratum.places) for stratum in strata)
    total = len(ids)

    head = ObjectWriter(capture, marks, "/candidates")
    head.string("type", detail.type, MAX_NAME)
    head.boolean("person", detail.person)
    head.raw("in", str(total))
    head.raw("out", str(by_outcome.get("selected", 0) + by_outcome.get("kept", 0)))
    head.raw("byOutcome", json_text(by_outcome))
    if by_reason:
        head.raw("byReason", json_text(by_reason))
    if any(is_reason_cut(rule) for rule in verdicts.rules):
        head.mark("byReason", "truncated")
    if verdicts.cutoff is not None:
        head.raw("cutoff", number_text(verdicts.cutoff))
    if kept < total:
        head.mark("items", "sampled", original=total, kept=kept, unit="items")
        described = [
            {"name": name, "population": population, "kept": len(places)}
            for name, population, places in strata
        ]
        head.raw("strata", json_text(described))
    chosen = sorted((place, stratum.name) for stratum in strata for place in stratum.places)
    marks.extend(
        {"path": "/candidates/ledger/ids", "kind": kind} for kind in dict.fromkeys(changes.values())
    )
    rules = [_NamedRule(capture, rule) for rule in verdicts.rules]
    items: list[ItemText] = []
    for index, (place, stratum) in enumerate(chosen):
        out = ObjectWriter(capture, marks, f"/candidates/items/{index}")
        if place in changes:
            out.mark("id", changes[place])
        shown = stratum if kept < total else None
        items.append(_write_item(out, verdicts, rules, detail, ids, place, shown))
    return CandidateText(head.members, items, _write_ledger(verdicts, ids, marks), marks)


def count_rules(verdicts: Verdicts[object]) -> list[dict[str, object]]:
    """Each rule of a filter with exact counts over all candidates."""
    width = len(verdicts.rules)
    asked = [[0, 0, 0, 0] for _ in verdicts.rules]
    decisive = [0] * width
    results = verdicts.results
    for base in range(0, len(verdicts.kind_of) * width, width or 1):
        is_decided = False
        for index in range(width):
            result = results[base + index]
            asked[index][result] += 1
            if not is_decided and result in (FAILED, RAISED):
                decisive[index] += 1
                is_decided = True
    counted: list[dict[str, object]] = []
    for index, rule in enumerate(verdicts.rules):
        skipped, passed, failed, error = asked[index]
        counts = {
            "evaluated": passed + failed + error,
            "passed": passed,
            "failed": failed,
            "skipped": skipped,
            "error": error,
            "decisive": decisive[index],
        }
        record: dict[str, object] = {"effect": "reject", "counts": counts, "id": rule.id}
        record.update(version=rule.version, field=rule.field, op=rule.op, unit=rule.unit)
        if rule.threshold is not None:
            record["threshold"] = rule.threshold
        counted.append(record)
    return counted


def _watched_ids(watch: object) -> set[str]:
    found = items_of(watch, _MAX_WATCHED)
    texts = [] if found is None else [_id_text(item) for item in found[0]]
    return {short_name(text, MAX_CANDIDATE_ID) for text in texts if text is not None}


def _name_candidates(
    verdicts: Verdicts[object], read: Callable[[object], object]
) -> tuple[list[str], dict[int, str]]:
    """A candidate without a readable id gets its place as the id, so it is still counted."""
    changes: dict[int, str] = {}
    ids: list[str] = []
    for place, candidate in enumerate(verdicts.candidates):
        try:
            given = _id_text(read(candidate))
        except Exception:
            given = None
        if not given:
            changes[place] = "dropped"
            ids.append(f"#{place}")
            continue
        fitting = short_name(given, MAX_CANDIDATE_ID)
        if fitting != given:
            changes[place] = "truncated" if units(given) > MAX_CANDIDATE_ID else "coerced"
        ids.append(fitting)
    return ids, changes


def _id_text(given: object) -> str | None:
    if isinstance(given, str):
        return exact_text(given)
    text = scalar_text(given)
    return str(given) if text is None and given is not None else text


def _count_verdicts(verdicts: Verdicts[object]) -> tuple[dict[str, int], dict[str, int]]:
    counts = [0] * len(verdicts.kinds)
    for kind in verdicts.kind_of:
        counts[kind] += 1
    outcomes: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for (outcome, reason), count in zip(verdicts.kinds, counts, strict=True):
        if count == 0:
            continue
        outcomes[outcome] = outcomes.get(outcome, 0) + count
        if reason is not None:
            reasons[reason] = reasons.get(reason, 0) + count
    return outcomes, reasons


class _NamedRule:
    """The names of a rule, read once."""

    def __init__(self, capture: Capture, rule: FilterRule[object]) -> None:
        self.rule = rule
        self.code = reason_code(rule)
        self.field: object = rule.field
        rule_id = rule.id if isinstance(rule.id, str) else ""
        is_open = not isinstance(rule.field, str) and capture.is_open(f"rules.{rule_id}")
        # The redaction path of every tested value; None if it depends on the value.
        self.path = ACTUAL_PATH if is_open else None


def _write_item(
    out: ObjectWriter,
    verdicts: Verdicts[object],
    rules: list[_NamedRule],
    detail: Detail,
    ids: list[str],
    place: int,
    stratum: str | None,
) -> ItemText:
    candidate = verdicts.candidates[place]
    outcome, reason = verdicts.kinds[verdicts.kind_of[place]]
    out.raw("id", quote(ids[place]))
    out.raw("outcome", f'"{outcome}"')
    score = None if verdicts.scores is None else verdicts.scores[place]
    if score is not None:
        out.raw("score", number_text(score))
    scores = detail.scores
    if scores is not None:
        parts = _ask(out, "scores", lambda: scores(candidate))
        if parts is not UNSET and parts is not None:
            out.record("scores", parts, MAX_METRICS, _write_score)
    if verdicts.is_ranked:
        out.raw("rank", str(place + 1))
    base = place * len(rules)
    results = [verdicts.results[base + index] for index in range(len(rules))]
    pairs = list(zip(rules, results, strict=True))
    failures = [pair for pair in pairs if pair[1] in (FAILED, RAISED)]
    if failures:
        out.items("reasons", failures, MAX_REASONS, _write_reason, _boxed)
    elif reason is not None:
        out.raw("reasons", f'[{{"code":{quote(reason)}}}]')
    if pairs:
        out.items("rules", pairs, MAX_RULES, _write_rule_result(candidate), _boxed)
    if stratum is not None:
        out.raw("stratum", quote(stratum))
    members = out.members
    return ItemText(members, _write_data(out, detail, candidate))


def _boxed(pair: object) -> object:
    return {"pair": pair}


def _write_score(entry: ObjectWriter, key: str, value: object, _name: str) -> None:
    entry.number(key, value)


def _write_reason(out: ObjectWriter, given: Source) -> bool:
    named, _ = cast("tuple[_NamedRule, int]", given["pair"])
    out.raw("code", quote(named.code))
    out.string("ruleId", named.rule.id, MAX_NAME)
    return True


def _write_rule_result(candidate: object) -> Callable[[ObjectWriter, Mapping[str, object]], bool]:
    def write(out: ObjectWriter, given: Mapping[str, object]) -> bool:
        named, result = cast("tuple[_NamedRule, int]", given["pair"])
        out.required("id", named.rule.id, MAX_ID)
        out.raw("result", f'"{_RESULTS[result]}"')
        read = named.rule.actual
        actual = UNSET if read is None else _ask(out, "actual", lambda: read(candidate))
        if named.path is None:
            write_actual(out, actual, named.field, named.rule.id)
        else:
            out.value("actual", actual, SMALL_VALUE_BYTES, named.path)
        return True

    return write


def _write_data(out: ObjectWriter, detail: Detail, candidate: object) -> str | None:
    read = detail.data
    if read is None:
        return None
    before = out.count_members()
    given = _ask(out, "data", lambda: read(candidate))
    out.value("data", given, CANDIDATE_DATA_BYTES, "candidates.data")
    return out.members_from(before) or None


def _write_ledger(verdicts: Verdicts[object], ids: list[str], marks: Marks) -> LedgerText:
    kept = min(len(ids), _MAX_LEDGER_IDS)
    quoted = json_text(ids[:kept])
    while units(quoted) > _MAX_LEDGER_LENGTH:
        kept = kept * _MAX_LEDGER_LENGTH // units(quoted)
        quoted = json_text(ids[:kept])
    if kept < len(ids):
        marks.append(
            {
                "path": "/candidates/ledger",
                "kind": "truncated",
                "original": len(ids),
                "kept": kept,
                "unit": "items",
            }
        )
    reasons = list(dict.fromkeys(kind.reason for kind in verdicts.kinds if kind.reason is not None))
    letters = [_LETTERS[kind.outcome] for kind in verdicts.kinds]
    indexes = [
        "-1" if kind.reason is None else str(reasons.index(kind.reason)) for kind in verdicts.kinds
    ]
    outcomes = "".join(letters[kind] for kind in verdicts.kind_of[:kept])
    reason_ix = ",".join(indexes[kind] for kind in verdicts.kind_of[:kept])
    scores = None if verdicts.scores is None else json_text(verdicts.scores[:kept])
    members = (
        f'"ids":{quoted},"outcomes":"{outcomes}","reasons":{json_text(reasons)}'
        f',"reasonIx":[{reason_ix}]'
    )
    return LedgerText(members, scores)


def _ask(out: ObjectWriter, key: str, question: Callable[[], object]) -> object:
    """These functions serve the record only, so their errors must not end the host's work."""
    try:
        return question()
    except Exception:
        out.mark(key, "dropped")
        return UNSET
