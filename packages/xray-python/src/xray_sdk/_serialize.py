"""Writes snapshots as JSON text in UTF-8."""

from __future__ import annotations

from typing import NamedTuple

from ._candidate_text import CandidateText
from ._capture import json_text
from ._clock import duration_text, iso_time
from ._execution_fields import FieldText
from ._limits import MAX_MARKS
from ._marks import Mark, Marks
from ._step_draft import StepText
from ._text import quote, to_bytes
from ._version import VERSION

SDK_NAME = "xray-sdk-python"
# The parts that an oversized snapshot leaves out, in this order (docs/wire-format.md, Limits).
_SHEDDING = (
    "returned",
    "candidate_data",
    "candidate_items",
    "values",
    "reasoning",
    "ledger_scores",
    "ledger",
)


class ExecutionText(NamedTuple):
    """The captured parts of one flush of an execution. They do not change any more."""

    execution_id: str
    revision: int
    status: str
    fields: dict[str, FieldText]
    steps: list[StepText]
    left_out: dict[str, dict[str, int]]
    left_out_count: int
    started_at_ms: float
    duration_ms: float


class Envelope(NamedTuple):
    """The members that the client adds to a snapshot."""

    client: str
    # A number for terminal snapshots only. A gap in the numbers means a lost snapshot.
    instance_seq: int | None
    snapshots_since_last: int


def write_client(app_id: str, instance_id: str) -> str:
    """The members of a snapshot that describe the client, without braces."""
    sdk = f'"sdk":{{"name":"{SDK_NAME}","version":"{VERSION}"}}'
    return f'{sdk},"instanceId":"{instance_id}","appId":{quote(app_id)}'


def serialize(execution: ExecutionText, envelope: Envelope, max_bytes: int) -> bytes:
    """The snapshot without its last parts that do not fit. `sentAt` is added on sending."""
    shed: set[str] = set()
    body = _SnapshotWriter(execution, envelope, shed).write()
    for kind in _SHEDDING:
        if len(body) <= max_bytes:
            break
        shed.add(kind)
        body = _SnapshotWriter(execution, envelope, shed).write()
    return body


class _SnapshotWriter:
    """Writes a snapshot without the parts to leave out, and marks each of them."""

    def __init__(self, execution: ExecutionText, envelope: Envelope, shed: set[str]) -> None:
        self._execution = execution
        self._envelope = envelope
        self._shed = shed
        self._marks: Marks = []
        self._items_shed = 0
        self._bytes_shed = 0

    def write(self) -> bytes:
        parts = [self._head()]
        for name, (member, marks) in self._execution.fields.items():
            self._adopt("", marks)
            if member is None:
                continue
            is_value = name in ("input", "output")
            if is_value and self._leaves_out("values", f"/{name}", member):
                continue
            parts.append(f",{member}")
        parts.append(',"steps":[')
        steps = [self._step(step, index) for index, step in enumerate(self._execution.steps)]
        parts.append(",".join(steps))
        parts.append(f"]{self._dropped()}")
        if self._marks:
            parts.append(f',"marks":{json_text(_bounded(self._marks))}')
        parts.append("}")
        return to_bytes("".join(parts))

    def _head(self) -> str:
        execution = self._execution
        client, instance_seq, _ = self._envelope
        seq = "" if instance_seq is None else f',"instanceSeq":{instance_seq}'
        started, duration = execution.started_at_ms, execution.duration_ms
        ended = (
            "" if execution.status == "running" else f',"endedAt":"{iso_time(started + duration)}"'
        )
        return (
            f'{{"schemaVersion":1,{client},"executionId":"{execution.execution_id}"'
            f',"revision":{execution.revision}{seq},"status":"{execution.status}"'
            f',"startedAt":"{iso_time(started)}"{ended},"durationMs":{duration_text(duration)}'
        )

    def _step(self, step: StepText, index: int) -> str:
        parts = ["{", step.head]
        if not self._shed:
            if step.input is not None:
                parts.append(f',"input":{step.input}')
            if step.output is not None:
                parts.append(f',"output":{step.output}')
            if step.reasoning is not None:
                parts.append(f',"reasoning":{step.reasoning}')
        else:
            path = f"/steps/{index}"
            for name, kind, text in (
                ("input", "values", step.input),
                ("output", "values", step.output),
                ("reasoning", "reasoning", step.reasoning),
            ):
                if text is not None and not self._leaves_out(kind, f"{path}/{name}", text):
                    parts.append(f',"{name}":{text}')
        if step.returned is not None:
            parts.append(self._returned(step.returned, step.value, index))
        if step.marks:
            self._adopt(f"/steps/{index}", step.marks)
        if step.candidates is not None:
            path = f"/steps/{index}"
            self._adopt(path, step.candidates.marks)
            members = self._candidates(step.candidates, f"{path}/candidates")
            parts.append(f',"candidates":{{{members}}}')
        parts.append("}")
        return "".join(parts)

    def _returned(self, returned: str, value: str | None, index: int) -> str:
        if value is None:
            return f',"returned":{{{returned}}}'
        if self._leaves_out("returned", f"/steps/{index}/returned/value", value):
            lost = returned.replace('"of":"value"', '"of":"lost"', 1)
            return f',"returned":{{{lost}}}'
        return f',"returned":{{{returned},"value":{value}}}'

    def _candidates(self, candidates: CandidateText, path: str) -> str:
        head, items, ledger, _ = candidates
        texts: list[str] = []
        length = sum(len(item.members) for item in items)
        if items and self._sheds("candidate_items", f"{path}/items", length):
            self._items_shed += len(items)
        else:
            for index, (members, data) in enumerate(items):
                is_bare = data is None or self._leaves_out(
                    "candidate_data", f"{path}/items/{index}/data", data
                )
                texts.append(f"{{{members}}}" if is_bare else f"{{{members},{data}}}")
        json = f'{head},"items":[{",".join(texts)}]'
        if ledger is None:
            return json
        length = len(ledger.members) + len(ledger.scores or "")
        if self._sheds("ledger", f"{path}/ledger", length):
            return json
        scores = ledger.scores
        if scores is None or self._leaves_out("ledger_scores", f"{path}/ledger/scores", scores):
            return f'{json},"ledger":{{{ledger.members}}}'
        return f'{json},"ledger":{{{ledger.members},"scores":{scores}}}'

    def _dropped(self) -> str:
        execution = self._execution
        counts: dict[str, object] = {}
        if execution.left_out_count > 0:
            counts["steps"] = execution.left_out_count
            counts["stepsByName"] = execution.left_out
        if self._items_shed > 0:
            counts["candidates"] = self._items_shed
        if self._bytes_shed > 0:
            counts["bytes"] = self._bytes_shed
        if self._envelope.snapshots_since_last > 0:
            counts["snapshotsSinceLast"] = self._envelope.snapshots_since_last
        return f',"dropped":{json_text(counts)}' if counts else ""

    def _leaves_out(self, kind: str, path: str, text: str) -> bool:
        return self._sheds(kind, path, len(text))

    def _sheds(self, kind: str, path: str, original: int) -> bool:
        if kind not in self._shed:
            return False
        self._bytes_shed += original
        self._marks.append(
            {
                "path": path,
                "kind": "dropped",
                "rule": "snapshot_bytes",
                "original": original,
                "unit": "bytes",
            }
        )
        return True

    def _adopt(self, prefix: str, marks: Marks) -> None:
        for mark in marks:
            self._marks.append({**mark, "path": f"{prefix}{mark['path']}"} if prefix else mark)


def _bounded(marks: Marks) -> Marks:
    """If there are too many marks, a last mark gives the number of all of them."""
    if len(marks) <= MAX_MARKS:
        return marks
    overflow: Mark = {
        "path": "/marks",
        "kind": "truncated",
        "original": len(marks),
        "kept": MAX_MARKS,
        "unit": "items",
    }
    return [*marks[:MAX_MARKS], overflow]
