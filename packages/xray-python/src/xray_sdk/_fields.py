"""Each function writes one object of the wire format. Hosts use snake_case names."""

from __future__ import annotations

import re

from ._limits import (
    INLINE_BYTES,
    MAX_CODE,
    MAX_ID,
    MAX_NAME,
    MAX_REASON_TEXT,
    MAX_REASONS,
    MAX_SUBJECT_ID,
    SMALL_VALUE_BYTES,
)
from ._object_writer import ObjectWriter, Source
from ._source import UNSET, as_mapping, is_absent, items_of
from ._text import quote

KINDS = (
    "retrieve",
    "transform",
    "model",
    "llm",
    "rules",
    "filter",
    "rank",
    "guard",
    "evaluate",
    "human",
    "action",
    "decide",
    "group",
    "other",
)
STEP_STATUSES = ("running", "completed", "failed", "canceled", "timed_out", "skipped")
RELATIONS = ("parent", "retry_of", "review_of", "overrides", "replay_of")
EFFECTS = ("reject", "flag", "score", "none")
ACTUAL_PATH = "rules.actual"
_IDENTIFIER = re.compile(r"[A-Za-z0-9._:-]{1,128}\Z")


def write_actor(out: ObjectWriter, given: Source) -> bool:
    out.required("type", given.get("type"), 64)
    out.required("id", given.get("id"), MAX_ID)
    out.string("version", given.get("version"), MAX_NAME)
    return True


def write_reason(out: ObjectWriter, given: Source) -> bool:
    out.required("code", given.get("code"), MAX_CODE)
    out.short_text("text", given.get("text"), MAX_REASON_TEXT, "decision.reasons.text")
    out.string("ruleId", given.get("rule_id"), MAX_NAME)
    out.string("factor", given.get("factor"), MAX_NAME)
    out.number("contribution", given.get("contribution"))
    return True


def write_decision_details(
    out: ObjectWriter, given: Source, failed_checks: list[dict[str, object]]
) -> None:
    """Writes all members of a decision except its outcome."""
    out.boolean("adverse", given.get("adverse"))
    out.number("score", given.get("score"))
    out.number("confidence", given.get("confidence"), 0, 1)
    _write_reasons(out, given.get("reasons"), failed_checks)
    out.nested("decidedBy", given.get("decided_by"), write_actor)
    out.one_of("humanInvolvement", given.get("human_involvement"), ("none", "review", "final"))


def _write_reasons(
    out: ObjectWriter, given: object, failed_checks: list[dict[str, object]]
) -> None:
    """If no given reason is usable, the failed checks stay the reasons."""

    def write(reasons: object) -> bool:
        return out.items("reasons", reasons, MAX_REASONS, write_reason, _as_reason)

    first = None if is_absent(given) else items_of(given, 1)
    if first is not None and first[1] == 0:
        return
    # A single reason counts as a list.
    is_single = first is None and (isinstance(given, str) or as_mapping(given) is not None)
    if is_single:
        out.mark("reasons", "coerced")
    is_written = not is_absent(given) and write([given] if is_single else given)
    if not is_written and failed_checks:
        write(failed_checks)


def _as_reason(reason: object) -> object:
    if is_absent(reason) or as_mapping(reason) is not None:
        return reason
    return {"code": reason}


def write_model(out: ObjectWriter, given: Source) -> bool:
    out.string("provider", given.get("provider"), MAX_NAME)
    out.required("name", given.get("name"), MAX_NAME)
    out.string("promptVersion", given.get("prompt_version"), MAX_NAME)
    out.value("params", given.get("params", UNSET), SMALL_VALUE_BYTES, "model.params")
    out.number("inputTokens", given.get("input_tokens"), 0)
    out.number("outputTokens", given.get("output_tokens"), 0)
    out.number("costUsd", given.get("cost_usd"), 0)
    return True


def write_rule(out: ObjectWriter, given: Source) -> bool:
    out.required("id", given.get("id"), MAX_ID)
    out.one_of("result", given.get("result"), ("pass", "fail", "skip", "error"))
    write_rule_details(out, given, given.get("id"))
    return True


def write_rule_details(out: ObjectWriter, given: Source, rule_id: object) -> None:
    """Writes all members of a rule except its id and its result."""
    field = given.get("field")
    out.string("version", given.get("version"), MAX_NAME)
    out.one_of("effect", given.get("effect"), EFFECTS)
    out.string("field", field, MAX_NAME)
    out.string("op", given.get("op"), 64)
    write_actual(out, given.get("actual", UNSET), field, rule_id)
    threshold = given.get("threshold", UNSET)
    hidden = _hidden_by(out, rule_id if field is None else field, threshold)
    out.value("threshold", threshold, SMALL_VALUE_BYTES, hidden or "rules.threshold")
    out.string("unit", given.get("unit"), 64)
    out.number("points", given.get("points"))
    out.nested("counts", given.get("counts"), _write_rule_counts)


def write_actual(out: ObjectWriter, actual: object, field: object, rule_id: object) -> None:
    """Writes the value that a rule tested. Its redaction path ends in the field, if it has one."""
    path = f"rules.{field}" if isinstance(field, str) else _hidden_by(out, rule_id, actual)
    out.value("actual", actual, SMALL_VALUE_BYTES, path or ACTUAL_PATH)


def _hidden_by(out: ObjectWriter, field: object, value: object) -> str | None:
    """The redaction path of a rule's field, if it hides the value."""
    if not isinstance(field, str):
        return None
    path = f"rules.{field}"
    return path if out.capture.hides(path, value) else None


def _write_rule_counts(out: ObjectWriter, given: Source) -> bool:
    names = ("evaluated", "passed", "failed", "skipped", "error", "decisive")
    return all(out.count(name, given.get(name)) for name in names)


def write_artifact(out: ObjectWriter, given: Source) -> bool:
    out.required("name", given.get("name"), MAX_NAME)
    out.required("mediaType", given.get("media_type"), MAX_NAME, "application/octet-stream")
    if not out.count("bytes", given.get("bytes")):
        out.missing("bytes", given.get("bytes"), "0")
    out.string("sha256", given.get("sha256"), 64)
    out.text("uri", given.get("uri"), SMALL_VALUE_BYTES, "artifacts.uri")
    out.text("inline", given.get("inline"), INLINE_BYTES, "artifacts.inline")
    return True


def write_subject(out: ObjectWriter, given: Source) -> bool:
    is_whole = out.string("type", given.get("type"), MAX_NAME) and out.string(
        "id", given.get("id"), MAX_SUBJECT_ID
    )
    out.one_of("idForm", given.get("id_form"), ("plain", "hmac"))
    out.boolean("person", given.get("person"))
    return is_whole


def write_link(out: ObjectWriter, given: Source) -> bool:
    execution_id = given.get("execution_id")
    if not isinstance(execution_id, str) or not is_identifier(execution_id):
        return False
    out.raw("executionId", quote(execution_id))
    out.count("stepSequence", given.get("step_sequence"))
    relation = given.get("relation")
    if not out.one_of("relation", relation, RELATIONS):
        out.missing("relation", relation, '"parent"')
    return True


def is_identifier(value: object) -> bool:
    """Ids of executions and apps that the server accepts: 1 to 128 of `[A-Za-z0-9._:-]`."""
    return isinstance(value, str) and _IDENTIFIER.match(value) is not None and not is_dots(value)


def is_dots(value: object) -> bool:
    """`.` and `..` are parts of a URL's path, so the server refuses them as names."""
    return value in (".", "..")
