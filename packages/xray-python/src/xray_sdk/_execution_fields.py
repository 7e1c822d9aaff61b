"""The members of a snapshot that the host sets, captured at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ._capture import Capture
from ._fields import is_dots, write_decision_details, write_link, write_subject
from ._limits import (
    CAPTURE_STRING_BYTES,
    EXECUTION_VALUE_BYTES,
    MAX_ENVIRONMENT,
    MAX_LINKS,
    MAX_METADATA_KEYS,
    MAX_METADATA_VALUE,
    MAX_NAME,
    MAX_OUTCOME,
    MAX_SUBJECTS,
    MAX_TAG,
    MAX_TAGS,
    MAX_VERSION_KEYS,
)
from ._marks import Marks
from ._object_writer import ObjectWriter, Source
from ._source import UNSET, as_mapping, is_absent, items_of, quietly, scalar_text
from ._text import cut_units, pointer_segment, units

_MAX_MARKS = 1_000


class FieldText(NamedTuple):
    """One member of the snapshot as JSON text, key and value; None if it has only marks."""

    member: str | None
    marks: Marks


class ExecutionFields:
    """A later value replaces an earlier one. All executions of a client share `base`."""

    def __init__(self, capture: Capture, base: ExecutionFields | None = None) -> None:
        self._capture = capture
        self.texts: dict[str, FieldText] = {} if base is None else dict(base.texts)
        self._versions: dict[str, str | int | float] = {} if base is None else base._versions

    def set_pipeline(self, pipeline: object) -> None:
        """An invalid name leaves the client's pipeline in force, with a mark."""
        if is_dots(pipeline):
            self.lose("pipeline")
            return
        self._write("pipeline", lambda out: out.string("pipeline", pipeline, MAX_NAME))

    def set_environment(self, environment: str) -> None:
        self._write(
            "environment", lambda out: out.string("environment", environment, MAX_ENVIRONMENT)
        )

    def set(
        self,
        subject: object = None,
        subjects: object = None,
        input: object = UNSET,
        output: object = UNSET,
        tags: object = None,
        metadata: object = None,
        versions: object = None,
    ) -> None:
        if not is_absent(subject) or not is_absent(subjects):
            self._write_subjects(subject, subjects)
        for name, value in (("input", input), ("output", output)):
            if value is not UNSET:
                self._write_value(name, value)
        if not is_absent(tags):
            self._write("tags", lambda out: out.strings("tags", tags, MAX_TAGS, MAX_TAG))
        if not is_absent(metadata):
            self._write_metadata(metadata)
        if not is_absent(versions):
            self._write_versions(versions)

    def decide(
        self,
        outcome: object,
        details: Mapping[str, object],
        failed_checks: list[dict[str, object]],
        basis: tuple[str, str] | None = None,
    ) -> bool | None:
        """Returns whether the decision is adverse. None if it was not recorded."""
        earlier = self.texts.get("decision")
        has_earlier = earlier is not None and earlier.member is not None
        given = {"outcome": outcome, **details}

        def write(decision: ObjectWriter, source: Source) -> bool:
            has_outcome = decision.string("outcome", source["outcome"], MAX_OUTCOME)
            if not has_outcome and has_earlier:
                return False
            if not has_outcome:
                decision.missing("outcome", source["outcome"], '"unnamed"')
            write_decision_details(decision, source, failed_checks)
            if basis is not None:
                decision.nested("basis", {"pass": basis[0], "fail": basis[1]}, _write_basis)
            return True

        if not self._write("decision", lambda out: out.nested("decision", given, write)):
            self.lose("decision")
            return None
        return details.get("adverse") is True

    def set_trace(self, trace_id: str, span_id: str, flags: int) -> None:
        json = f'{{"traceId":"{trace_id}","spanId":"{span_id}","flags":{flags}}}'
        self.texts["trace"] = FieldText(f'"trace":{json}', [])

    def set_links(self, links: list[dict[str, object]]) -> None:
        self._write("links", lambda out: out.items("links", links, MAX_LINKS, write_link))

    def lose(self, key: str) -> None:
        path = "" if key == "" else f"/{pointer_segment(key)}"
        self._add_marks(key, [{"path": path, "kind": "dropped"}])

    def _write_value(self, name: str, value: object) -> None:
        captured = self._capture.value(value, name, EXECUTION_VALUE_BYTES)
        marks: Marks = [{**mark, "path": f"/{name}{mark['path']}"} for mark in captured.marks]
        self.texts[name] = FieldText(f'"{name}":{captured.json}', marks)

    def _write_subjects(self, subject: object, subjects: object) -> None:
        short = None if is_absent(subject) else as_mapping(subject)
        listed = None if is_absent(subjects) else items_of(subjects, MAX_SUBJECTS)
        every: list[object] = []
        for kind, subject_id in (short or {}).items():
            every.append({"type": kind, "id": _subject_id_or_none(subject_id)})
        if listed is not None:
            every.extend(listed[0])
            # Subjects beyond the bound are only counted.
            every.extend([None] * (listed[1] - len(listed[0])))
        if every:
            self._write(
                "subjects", lambda out: out.items("subjects", every, MAX_SUBJECTS, write_subject)
            )
        is_wrong = not is_absent(subject) and short is None
        if is_wrong or (not is_absent(subjects) and listed is None):
            self.lose("subjects")

    def _write_metadata(self, metadata: object) -> None:
        def write(entry: ObjectWriter, key: str, value: object, name: str) -> None:
            captured = self._capture.property(value, "metadata", name, CAPTURE_STRING_BYTES * 2)
            # Values such as NaN have no JSON, so there is nothing to record.
            if captured.json != "null":
                entry.scalar(key, value, captured, MAX_METADATA_VALUE)
            elif captured.marks:
                entry.adopt(key, captured.marks)

        self._write(
            "metadata", lambda out: out.record("metadata", metadata, MAX_METADATA_KEYS, write)
        )

    def _write_versions(self, versions: object) -> None:
        """Merges with the versions in force. An unusable version leaves the earlier one."""

        def write_version(entry: ObjectWriter, key: str, version: object, _name: str) -> None:
            text = version if isinstance(version, str) else (scalar_text(version) or "")
            entry.string(key, text, MAX_NAME)

        def write(out: ObjectWriter) -> bool:
            given = as_mapping(versions)
            if given is None:
                return out.wrong("versions", versions)
            merged: dict[str, object] = dict(self._versions)
            lost: list[str] = []
            for key, version in given.items():
                if _is_version(version):
                    merged[key] = version
                elif not is_absent(version):
                    lost.append(key)
            for key, version in merged.items():
                text = str(version)
                if units(text) > MAX_NAME:
                    kept = cut_units(text, MAX_NAME)
                    merged[key] = kept
                    out.mark("versions", "truncated", original=units(text), kept=units(kept))
            is_written = bool(merged) and out.record(
                "versions", merged, MAX_VERSION_KEYS, write_version
            )
            if is_written:
                self._versions = merged  # type: ignore[assignment] # pyright: ignore
            for key in lost:
                out.adopt("versions", [{"path": f"/{pointer_segment(key)}", "kind": "dropped"}])
            return is_written

        self._write("versions", write)

    def _write(self, name: str, write: Callable[[ObjectWriter], bool]) -> bool:
        """If the write fails, the earlier member stays and gets the marks of the failed write."""
        out = ObjectWriter(self._capture)
        # A value may raise when it is only looked at.
        is_written = quietly(lambda: write(out))
        if is_written is None:
            self.lose(name)
            return False
        if is_written:
            self.texts[name] = FieldText(out.members, out.marks)
        elif out.marks:
            self._add_marks(name, out.marks)
        return is_written

    def _add_marks(self, name: str, marks: Marks) -> None:
        earlier = self.texts.get(name, FieldText(None, []))
        if len(earlier.marks) < _MAX_MARKS:
            self.texts[name] = FieldText(earlier.member, [*earlier.marks, *marks])


def _write_basis(out: ObjectWriter, given: Source) -> bool:
    out.raw("kind", '"all_pass"')
    return all([out.string("pass", given["pass"], 64), out.string("fail", given["fail"], 64)])


def _subject_id_or_none(subject_id: object) -> str | None:
    return quietly(lambda: _subject_id(subject_id))


def _subject_id(subject_id: object) -> str | None:
    """A missing id must not become the subject "None"."""
    if isinstance(subject_id, bool):
        return None
    if isinstance(subject_id, str):
        return subject_id
    text = scalar_text(subject_id)
    if text is None and type(subject_id).__name__ == "UUID":
        return str(subject_id)
    return text


def _is_version(version: object) -> bool:
    if isinstance(version, str):
        return version != ""
    if isinstance(version, bool) or not isinstance(version, (int, float)):
        return False
    return math.isfinite(version)
