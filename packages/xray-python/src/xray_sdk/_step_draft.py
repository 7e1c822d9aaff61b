"""A step that is still being recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ._candidate_text import CandidateText
from ._capture import Capture, json_text
from ._clock import duration_text, iso_time
from ._error_fields import write_error
from ._fields import (
    EFFECTS,
    KINDS,
    write_actor,
    write_artifact,
    write_model,
    write_rule,
    write_rule_details,
)
from ._limits import (
    CAPTURE_ITEMS,
    MAX_ARTIFACTS,
    MAX_ID,
    MAX_METRICS,
    MAX_NAME,
    MAX_RULES,
    REASONING_BYTES,
    RETURNED_VALUE_BYTES,
    STEP_VALUE_BYTES,
)
from ._marks import LOST, Captured, Mark, Marks
from ._object_writer import ObjectWriter, Source, WriteObject
from ._source import UNSET, exact_text, is_absent, items_of, quietly, text_of
from ._text import (
    cut_units,
    is_storable,
    pointer_segment,
    quote,
    storable,
    units,
    utf8_length,
)

_OUTPUT = '"of":"output"'
_VALUE = '"of":"value"'
_LOST = '"of":"lost"'
_PAYLOAD_BYTES = {
    "input": STEP_VALUE_BYTES,
    "output": STEP_VALUE_BYTES,
    "reasoning": REASONING_BYTES,
}
# With less room than this, only the beginning of a streamed value would fit.
_MIN_STREAMED_BYTES = 16
# This is far more than a snapshot holds. It limits a host that repeats a mistake.
_MAX_MARKS = 1_000
# A replay answers these steps from the record; it runs other steps again.
_ANSWERED = ("retrieve", "human", "action")


class StepText(NamedTuple):
    """One step as JSON text, in parts, so that an oversized snapshot can shed some of them."""

    name: str
    status: str
    kind: str | None
    # The members that are never shed, without braces.
    head: str
    input: str | None
    output: str | None
    reasoning: str | None
    # The members of `returned`, without braces. None if no function was called.
    returned: str | None
    value: str | None
    candidates: CandidateText | None
    marks: Marks


class StepTiming(NamedTuple):
    started_at_ms: float
    duration_ms: float
    timing: str


class StepDraft:
    """Captures every part at once, as text. A later part replaces an earlier one."""

    __slots__ = (
        "_artifacts",
        "_candidates",
        "_capture",
        "_input",
        "_is_handed_back",
        "_kind",
        "_marks",
        "_members",
        "_output",
        "_output_types",
        "_parent",
        "_reasoning",
        "_returned",
        "_rules",
        "_stream",
        "_value",
        "has_candidates",
        "is_async",
        "name",
        "sequence",
    )

    def __init__(self, capture: Capture, sequence: int, parent: int | None, name: object) -> None:
        self._capture = capture
        self.sequence = sequence
        self._parent = parent
        self._input: str | None = None
        self._output: str | None = None
        self._reasoning: str | None = None
        # The less common members by name, each text with its key.
        self._members: dict[str, str] | None = None
        self._rules: list[str] | None = None
        self._artifacts: list[str] | None = None
        self._marks: Marks = []
        self.is_async = False
        self._is_handed_back = False
        self._returned: str | None = None
        self._value: str | None = None
        self._output_types: dict[str, str] | None = None
        self._candidates: CandidateText | None = None
        self.has_candidates = False
        self._stream: _Stream | None = None
        self._kind: str | None = None
        if type(name) is str and _is_plain_name(name):
            self.name = name
        else:
            self.name = self._fitting_name(name)

    def suggest_kind(self, kind: str) -> None:
        """Sets the kind of the step, unless the host gave one."""
        if self._kind is None:
            self._kind = kind

    def record_candidates(self, write: Callable[[Capture], CandidateText]) -> None:
        # The host's functions below may record candidates in this very step.
        self.has_candidates = True
        self._candidates = write(self._capture)

    def note(
        self,
        kind: object = None,
        input: object = UNSET,
        output: object = UNSET,
        reasoning: object = None,
        attempt: object = None,
        actor: object = None,
        model: object = None,
        metrics: object = None,
    ) -> None:
        if not is_absent(kind):
            self._set_kind(kind)
        if input is not UNSET:
            self.payload("input", input)
        if output is not UNSET:
            self.payload("output", output)
        if not is_absent(reasoning):
            self.payload("reasoning", reasoning)
        if not is_absent(attempt):
            self._member("attempt", lambda out: out.count("attempt", attempt))
        if not is_absent(actor):
            self._member("actor", lambda out: out.nested("actor", actor, write_actor))
        if not is_absent(model):
            self._member("model", lambda out: out.nested("model", model, write_model))
        if not is_absent(metrics):
            self._member(
                "metrics", lambda out: out.record("metrics", metrics, MAX_METRICS, _write_metric)
            )

    def payload(self, name: str, value: object) -> None:
        captured = quietly(lambda: self._captured(name, value)) or LOST
        json = captured.json
        if name == "output":
            self._output_types = captured.types
        if self._payload_of(name) is not None and _is_lost(captured):
            self._mark({"path": f"/{name}", "kind": "dropped"})
            return
        self._forget_marks(name)
        # Reasoning is text on the wire, so other values become the text of their JSON.
        is_text = name != "reasoning" or json.startswith('"')
        self._set_payload(name, json if is_text else quote(json))
        if not is_text:
            self._marks.append({"path": "/reasoning", "kind": "coerced"})
        for mark in captured.marks:
            self._marks.append({**mark, "path": f"/{name}{mark['path']}"})

    def streamed(self, value: object) -> None:
        """One value of an iterator. All of its values together are the output."""
        if self._stream is None:
            self._stream = _Stream()
        stream = self._stream
        stream.total += 1
        if len(stream.values) >= CAPTURE_ITEMS or stream.bytes_left < _MIN_STREAMED_BYTES:
            return
        captured = self._capture.value(value, "output", stream.bytes_left - 3)
        path = f"/output/{len(stream.values)}"
        for mark in captured.marks:
            self._mark({**mark, "path": f"{path}{mark['path']}"})
        stream.values.append(captured.json)
        stream.bytes_left -= utf8_length(captured.json) + 1

    def result(self, result: object, keeps_values: bool) -> None:
        """Records the return value of a step's function, which is its output by default."""
        is_lost = self._is_handed_back or callable(result)
        self._returned = _LOST if is_lost else _OUTPUT
        if self._output is not None or self.has_candidates:
            if not is_lost:
                self._returned_beside(result, keeps_values)
            return
        if self._stream is not None:
            self._end_stream()
            return
        if result is None:
            # Most functions without a result are procedures, so None is no output.
            return
        self.payload("output", result)
        if is_lost:
            return
        self._returned = _OUTPUT + _types_text(self._output_types)
        is_cut = any(
            mark["kind"] == "truncated" and str(mark["path"]).startswith("/output")
            for mark in self._marks
        )
        if is_cut and keeps_values:
            self._returned_beside(result, keeps_values)

    def raised(self, error: object, is_call: bool) -> None:
        """Records the error of the step. It may have yielded values before."""
        if self._output is None and not self.has_candidates and self._stream is not None:
            self._end_stream()
        if is_call:
            self._returned = '"of":"error"'
        self.error(error)

    def hands_back(self) -> None:
        """The function returned a stream, which a replay cannot return again."""
        self._is_handed_back = True

    def error(self, error: object) -> None:
        def write(nested: ObjectWriter, _given: Source) -> bool:
            write_error(nested, error)
            return True

        self._member("error", lambda out: out.nested("error", {"error": error}, write))

    def rules(self, rules: object) -> None:
        self._all("rules", rules, MAX_RULES, self.rule)

    def rule(self, rule: object) -> None:
        if self._rules is None:
            self._rules = []
        self._append(self._rules, "rules", rule, MAX_RULES, write_rule)

    def check(
        self, rule_id: object, is_passed: object, details: Mapping[str, object]
    ) -> dict[str, object] | None:
        """Records a check. Returns the reason for the decision if it failed."""
        self.suggest_kind("rules")
        effect = details.get("effect")
        is_rejecting = effect not in EFFECTS or effect == "reject"
        reason = None
        if not is_passed and is_rejecting:
            reason = _reason_of(rule_id, details.get("reason"), details.get("text"))
        if self._rules is None:
            self._rules = []

        def write(out: ObjectWriter, given: Source) -> bool:
            out.required("id", given["id"], MAX_ID)
            out.raw("result", '"pass"' if is_passed else '"fail"')
            if type(is_passed).__name__ not in ("bool", "bool_"):
                out.mark("result", "coerced")
            write_rule_details(out, given, given["id"])
            return True

        self._append(self._rules, "rules", {**details, "id": rule_id}, MAX_RULES, write)
        return reason

    def artifacts(self, artifacts: object) -> None:
        self._all("artifacts", artifacts, MAX_ARTIFACTS, self.artifact)

    def artifact(self, artifact: object) -> None:
        if self._artifacts is None:
            self._artifacts = []
        self._append(self._artifacts, "artifacts", artifact, MAX_ARTIFACTS, write_artifact)

    def lose(self, key: str) -> None:
        """Marks a part of the step that could not be recorded. Empty means the whole step."""
        path = "" if key == "" else f"/{pointer_segment(key)}"
        self._mark({"path": path, "kind": "dropped"})

    def freeze(self, status: str, timing: StepTiming) -> StepText:
        """Returns the current state of the step. The draft stays usable."""
        started, duration, source = timing
        head = (
            f'"name":{quote(self.name)},"status":"{status}","timing":"{source}"'
            f',"sequence":{self.sequence},"startedAt":"{iso_time(started)}"'
            f',"durationMs":{duration_text(duration)}'
        )
        if self._parent is not None:
            head += f',"parent":{self._parent}'
        if self._kind is not None:
            head += f',"kind":"{self._kind}"'
        if self._members:
            head += "," + ",".join(self._members.values())
        if self._rules is not None:
            head += f',"rules":[{",".join(self._rules)}]'
        if self._artifacts is not None:
            head += f',"artifacts":[{",".join(self._artifacts)}]'
        output = self._output
        if output is None and self._stream is not None:
            output = self._stream.text()
        return StepText(
            self.name,
            status,
            self._kind,
            head,
            self._input,
            output,
            self._reasoning,
            self._returned_members(),
            self._value,
            self._candidates,
            self._marks,
        )

    def _end_stream(self) -> None:
        stream = self._stream
        if stream is None:
            return
        self._output = stream.text()
        kept = len(stream.values)
        if kept < stream.total:
            self._mark(
                {
                    "path": "/output",
                    "kind": "truncated",
                    "original": stream.total,
                    "kept": kept,
                    "unit": "items",
                }
            )

    def _returned_beside(self, result: object, keeps_values: bool) -> None:
        """Records a return value that may differ from the output that the host noted."""
        if result is None:
            self._returned = '"of":"value","types":{"":"undefined"}'
            return
        self._returned = _LOST
        if not keeps_values or not self._may_be_answered():
            return
        json, marks, types = self._capture.value(result, "output", RETURNED_VALUE_BYTES)
        if any(mark["kind"] == "truncated" for mark in marks):
            return
        if json == self._output:
            self._returned = _OUTPUT + _types_text(types)
            return
        self._returned = _VALUE + _types_text(types)
        self._value = json
        for mark in marks:
            self._mark({**mark, "path": f"/returned/value{mark['path']}"})

    def _may_be_answered(self) -> bool:
        return self._kind in _ANSWERED or (self._kind in ("model", "llm") and self.is_async)

    def _returned_members(self) -> str | None:
        members = self._returned
        if members is None and self._is_handed_back:
            members = _LOST
        return f'"async":true,{members}' if members is not None and self.is_async else members

    def _captured(self, name: str, value: object) -> Captured:
        if name == "reasoning" and isinstance(value, str):
            return self._capture.text(exact_text(value), name, _PAYLOAD_BYTES[name])
        return self._capture.value(value, name, _PAYLOAD_BYTES[name])

    def _payload_of(self, name: str) -> str | None:
        if name == "input":
            return self._input
        return self._output if name == "output" else self._reasoning

    def _set_payload(self, name: str, json: str) -> None:
        if name == "input":
            self._input = json
        elif name == "output":
            self._output = json
        else:
            self._reasoning = json

    def _fitting_name(self, name: object) -> str:
        """A step with an invalid name gets a placeholder and a mark."""
        given = quietly(lambda: text_of(name))
        if given is None or given == "":
            self._marks.append({"path": "/name", "kind": "dropped"})
            return "unnamed"
        if not isinstance(name, str):
            self._marks.append({"path": "/name", "kind": "coerced"})
        kept = cut_units(given, MAX_NAME)
        original, length = units(given), units(kept)
        if length < original:
            self._marks.append(
                {"path": "/name", "kind": "truncated", "original": original, "kept": length}
            )
        if not is_storable(kept):
            self._marks.append({"path": "/name", "kind": "coerced"})
        return storable(kept)

    def _set_kind(self, kind: object) -> None:
        known = quietly(lambda: exact_text(kind) if isinstance(kind, str) else None)
        if known in KINDS:
            self._kind = known
        else:
            self.lose("kind")

    def _member(self, name: str, write: Callable[[ObjectWriter], bool]) -> None:
        out = ObjectWriter(self._capture)
        # A value may raise when it is only looked at.
        is_written = quietly(lambda: write(out))
        if is_written is None:
            self.lose(name)
        elif is_written:
            self._forget_marks(name)
            if self._members is None:
                self._members = {}
            self._members[name] = out.members
        for mark in out.marks:
            self._mark(mark)

    def _all(
        self, name: str, values: object, max_items: int, add: Callable[[object], None]
    ) -> None:
        if is_absent(values):
            return
        given = items_of(values, max_items)
        if given is None:
            self.lose(name)
            return
        items, total = given
        for value in items:
            add(value)
        if total > len(items):
            self._count_cut(name, max_items, total - len(items))

    def _append(
        self, texts: list[str], name: str, value: object, max_items: int, write: WriteObject
    ) -> None:
        if len(texts) >= max_items:
            self._count_cut(name, max_items, 1)
            return
        out = ObjectWriter(self._capture)
        if not quietly(lambda: out.nested("item", value, write)):
            self._count({"path": f"/{name}", "kind": "dropped", "unit": "items"}, 0, 1)
            return
        prefix = f"/{name}/{len(texts)}"
        texts.append(out.members[len('"item":') :])
        for mark in out.marks:
            self._mark({**mark, "path": prefix + str(mark["path"])[len("/item") :]})

    def _count_cut(self, name: str, kept: int, more: int) -> None:
        mark: Mark = {"path": f"/{name}", "kind": "truncated", "kept": kept, "unit": "items"}
        self._count(mark, kept, more)

    def _count(self, mark: Mark, first: int, more: int) -> None:
        """Keeps a single mark with the total number."""
        for place, known in enumerate(self._marks):
            if known["path"] == mark["path"] and known["kind"] == mark["kind"]:
                self._marks[place] = {**mark, "original": int(known.get("original", first)) + more}
                return
        self._marks.append({**mark, "original": first + more})

    def _mark(self, mark: Mark) -> None:
        if len(self._marks) < _MAX_MARKS:
            self._marks.append(mark)

    def _forget_marks(self, name: str) -> None:
        """Removes the marks of a value that is being replaced."""
        if not self._marks:
            return
        path = f"/{name}"
        self._marks = [
            mark
            for mark in self._marks
            if mark["path"] != path and not str(mark["path"]).startswith(f"{path}/")
        ]


class _Stream:
    def __init__(self) -> None:
        self.values: list[str] = []
        self.bytes_left = STEP_VALUE_BYTES
        self.total = 0

    def text(self) -> str:
        return "[" + ",".join(self.values) + "]"


def _is_plain_name(name: str) -> bool:
    return 0 < len(name) <= MAX_NAME and name.isascii() and "\0" not in name


def _write_metric(entry: ObjectWriter, key: str, value: object, _name: str) -> None:
    entry.number(key, value)


def _types_text(types: dict[str, str] | None) -> str:
    return "" if types is None else f',"types":{json_text(types)}'


def _is_lost(captured: Captured) -> bool:
    """Whether no part of the value could be read."""
    return captured.json == "null" and any(
        mark["path"] == "" and mark["kind"] == "dropped" for mark in captured.marks
    )


def _reason_of(rule_id: object, reason: object, text: object) -> dict[str, object]:
    known = quietly(lambda: text_of(rule_id)) or None
    return {
        "code": quietly(lambda: text_of(reason)) or known or "unnamed",
        "text": quietly(lambda: text_of(text)),
        "rule_id": known,
    }
