"""One decision while it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar, Token
from datetime import datetime, timezone
from threading import RLock
from types import TracebackType
from typing import Literal, NamedTuple, Protocol, TypedDict, cast

from ._capture import Capture
from ._clock import monotonic_ms, wall_ms
from ._execution_fields import ExecutionFields
from ._fields import STEP_STATUSES, is_identifier
from ._identity import uuid_v7
from ._options import Settings
from ._serialize import ExecutionText
from ._source import UNSET, is_absent, is_number, readable
from ._step import Actor, Context, Kind, Model, Step, is_cancellation
from ._step_draft import StepDraft, StepText, StepTiming
from ._step_list import FrozenStep, StepList
from ._text import hash32
from ._trace import origin_of, own_trace, write_headers
from ._warning import warn_once

_MAX_ITEMS_PER_EXECUTION = 2_000
_MAX_FAILED_CHECKS = 500
_MAX_LATE_SUBMISSIONS = 100

Relation = Literal["parent", "retry_of", "review_of", "overrides", "replay_of"]
Status = Literal["running", "completed", "failed", "canceled", "timed_out", "skipped"]


class Subject(TypedDict, total=False):
    """The person or thing that a decision is about. `type` and `id` are required."""

    type: str
    id: str
    id_form: Literal["plain", "hmac"]
    person: bool


class Reason(TypedDict, total=False):
    """A reason of a decision. `code` is required."""

    code: str
    text: str
    rule_id: str
    factor: str
    contribution: float


class Submission(NamedTuple):
    """One flush, with everything that the client needs in order to send it."""

    key: int
    instance_seq: int | None
    root_id: str
    is_adverse: bool
    text: ExecutionText


class ExecutionHost(Protocol):
    """The part of the client that an execution uses."""

    settings: Settings
    capture: Capture
    fields: ExecutionFields
    context: ContextVar[Context]
    lock: RLock

    def next_key(self) -> int: ...
    def submit(self, submission: Submission) -> int | None: ...
    def ignored(self) -> None: ...


class Execution:
    """Use it with `with`, or end it with `complete` or `fail`.

    Recording calls return at once and never raise. A call after the end is ignored and counted.
    """

    def __init__(
        self,
        host: ExecutionHost,
        *,
        execution_id: str | None = None,
        pipeline: str | None = None,
        subject: Mapping[str, str | int] | None = None,
        subjects: Sequence[Subject | Mapping[str, object]] | None = None,
        input: object = UNSET,
        output: object = UNSET,
        tags: Sequence[str] | None = None,
        metadata: Mapping[str, object] | None = None,
        versions: Mapping[str, str] | None = None,
        from_headers: object = None,
        relation: Relation | None = None,
        of: str | None = None,
    ) -> None:
        settings = host.settings
        self._host = host
        self._is_enabled = settings.is_enabled
        self.keeps_effects = settings.keeps_effects
        self._key = host.next_key()
        self._started_at_ms = wall_ms()
        self._started_ms = self._last_ms = monotonic_ms()
        if not is_absent(execution_id) and not is_identifier(execution_id):
            warn_once(
                "an execution_id must be 1 to 128 letters, digits and . _ : -; another one is used"
            )
            execution_id = None
        self.id: str = execution_id or uuid_v7(self._started_at_ms)
        self._steps = StepList(settings.max_steps)
        self._fields = ExecutionFields(host.capture, host.fields)
        origin = origin_of(from_headers, relation, of)
        self._root_id = origin.root_id or self.id
        self._trace = origin.trace
        self._failed_checks: list[dict[str, object]] = []
        # This is kept even if nothing is recorded, because the host's decision may depend on it.
        self._has_failed_check = False
        self._is_adverse = False
        self._items_left = _MAX_ITEMS_PER_EXECUTION
        self._revision = 0
        self._last_error: BaseException | None = None
        self._has_ended = False
        self._status = "running"
        self._instance_seq: int | None = None
        self._is_run_over = False
        self._open_steps = 0
        self._late_submissions_left = _MAX_LATE_SUBMISSIONS
        self._draws = 0
        self._token: Token[Context] | None = None
        if not self._is_enabled:
            return
        try:
            if origin.links:
                self._fields.set_links(origin.links)
            if not is_absent(pipeline):
                self._fields.set_pipeline(pipeline)
            self._fields.set(subject, subjects, input, output, tags, metadata, versions)
        except Exception:
            warn_once("a call could not be recorded")

    @property
    def started_at(self) -> datetime:
        """When the execution started, in UTC."""
        return datetime.fromtimestamp(self._started_at_ms / 1_000, timezone.utc)

    @property
    def has_ended(self) -> bool:
        return self._has_ended

    def step(
        self,
        name: str,
        *,
        kind: Kind | None = None,
        input: object = UNSET,
        output: object = UNSET,
        reasoning: str | None = None,
        attempt: int | None = None,
        actor: Actor | Mapping[str, object] | None = None,
        model: Model | Mapping[str, object] | None = None,
        metrics: Mapping[str, float] | None = None,
    ) -> Step:
        """A step: `with execution.step("rules", kind="rules") as step:`."""
        options = (kind, input, output, reasoning, attempt, actor, model, metrics)
        return self.open_step(name, options, None)

    def record_step(
        self,
        name: str,
        *,
        kind: Kind | None = None,
        input: object = UNSET,
        output: object = UNSET,
        reasoning: str | None = None,
        attempt: int | None = None,
        actor: Actor | Mapping[str, object] | None = None,
        model: Model | Mapping[str, object] | None = None,
        metrics: Mapping[str, float] | None = None,
        status: Status | None = None,
        error: object = None,
        duration_ms: float | None = None,
        rules: Sequence[Mapping[str, object]] | None = None,
        artifacts: Sequence[Mapping[str, object]] | None = None,
    ) -> None:
        """Records one whole step in its current state."""
        if not self._opens():
            return
        try:
            now = monotonic_ms()
            draft = StepDraft(self._host.capture, self._take_sequence(), None, name)
            draft.note(kind, input, output, reasoning, attempt, actor, model, metrics)
            has_failed = not is_absent(error)
            if has_failed:
                draft.error(error)
            draft.rules(rules)
            draft.artifacts(artifacts)
            is_measured = is_number(duration_ms) and duration_ms >= 0
            if not is_measured and not is_absent(duration_ms):
                draft.lose("durationMs")
            is_known = readable(status) in STEP_STATUSES
            if not is_known and not is_absent(status):
                draft.lose("status")
            default = "failed" if has_failed else "completed"
            timing = StepTiming(
                self._wall_at(self._last_ms),
                cast("float", duration_ms) if is_measured else now - self._last_ms,
                "measured" if is_measured else "inferred",
            )
            text = draft.freeze(str(status) if is_known else default, timing)
            with self._host.lock:
                self._steps.add(FrozenStep(text))
            self._last_ms = now
        except Exception:
            warn_once("a call could not be recorded")

    def decide(
        self,
        outcome: str,
        *,
        adverse: bool | None = None,
        score: float | None = None,
        confidence: float | None = None,
        reasons: Sequence[str | Reason | Mapping[str, object]] | str | None = None,
        decided_by: Actor | Mapping[str, object] | None = None,
        human_involvement: Literal["none", "review", "final"] | None = None,
    ) -> None:
        """Records the decision. Failed checks become the reasons unless others are given."""
        details = _details(adverse, score, confidence, reasons, decided_by, human_involvement)
        self._decide(outcome, details, None)

    def decide_by_checks(
        self,
        passed: str,
        failed: str,
        *,
        adverse: bool | None = None,
        score: float | None = None,
        confidence: float | None = None,
        reasons: Sequence[str | Reason | Mapping[str, object]] | str | None = None,
        decided_by: Actor | Mapping[str, object] | None = None,
        human_involvement: Literal["none", "review", "final"] | None = None,
    ) -> str:
        """Decides by the checks, and returns the outcome.

        It is `passed` if no rejecting check failed, else `failed`, which is adverse. The record
        then says that the outcome follows from the checks, so a what-if can be computed.
        """
        has_failed = self._has_failed_check
        is_adverse = has_failed if adverse is None else adverse
        details = _details(is_adverse, score, confidence, reasons, decided_by, human_involvement)
        outcome = failed if has_failed else passed
        self._decide(outcome, details, (passed, failed))
        return outcome

    def set(
        self,
        *,
        subject: Mapping[str, str | int] | None = None,
        subjects: Sequence[Subject | Mapping[str, object]] | None = None,
        input: object = UNSET,
        output: object = UNSET,
        tags: Sequence[str] | None = None,
        metadata: Mapping[str, object] | None = None,
        versions: Mapping[str, str] | None = None,
    ) -> None:
        """Adds facts about the execution. A later fact replaces an earlier one."""
        if not self._opens():
            return
        try:
            self._fields.set(subject, subjects, input, output, tags, metadata, versions)
        except Exception:
            warn_once("a call could not be recorded")

    def child(
        self,
        pipeline: str,
        *,
        execution_id: str | None = None,
        subject: Mapping[str, str | int] | None = None,
        subjects: Sequence[Subject | Mapping[str, object]] | None = None,
        input: object = UNSET,
        tags: Sequence[str] | None = None,
        metadata: Mapping[str, object] | None = None,
        versions: Mapping[str, str] | None = None,
    ) -> Execution:
        """An execution that is a part of this one. It needs its own end."""
        return Execution(
            self._host,
            execution_id=execution_id,
            pipeline=pipeline,
            subject=subject,
            subjects=subjects,
            input=input,
            tags=tags,
            metadata=metadata,
            versions=versions,
            from_headers=self.headers(),
        )

    def checkpoint(self) -> None:
        """Sends the record so far, as `running`: in long executions, and before a person."""
        if not self._opens():
            return
        self._submit("running")

    def headers(self) -> dict[str, str]:
        """Headers for another process that continues this decision.

        Pass them there to `execution` as `from_headers`.
        """
        if self._trace is None:
            self._trace = own_trace(self.id)
        return write_headers(self.id, self._root_id, self._trace)

    def complete(self) -> None:
        """Ends the execution and passes its snapshot to the background delivery."""
        self._end("completed")

    def fail(self, error: object = None) -> None:
        """Ends the execution as technically failed. The error becomes a last, failed step."""
        is_known = self._last_error is not None and self._last_error is error
        if not self._has_ended and not is_absent(error) and not is_known:
            self.record_step("error", status="failed", error=error)
        self._end("failed")

    def random(self) -> float:
        """The next random number of this execution, from 0 to below 1. Not for secrets.

        It follows from the execution's id, so a replay gets the same numbers.
        """
        self._draws += 1
        return hash32(f"{self.id} {self._draws}") / 4_294_967_296

    def __enter__(self) -> Execution:
        self._token = self.enter_context(None)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.leave_context(self._token)
        self._token = None
        self.finish(error)

    def finish(self, error: BaseException | None) -> None:
        """Ends the execution as its block ended. A later snapshot adds the steps still open."""
        if self._has_ended:
            return
        if error is None or isinstance(error, GeneratorExit):
            self._end("completed")
        elif is_cancellation(error):
            self._end("canceled")
        else:
            self.fail(error)
        self._is_run_over = True

    # The methods below are for steps, decorators and adapters.

    def open_step(self, name: str, options: Sequence[object] | None, parent: Step | None) -> Step:
        now = monotonic_ms()
        outer = parent
        if outer is None:
            context = self._host.context.get(None)
            if context is not None and context.execution is self:
                outer = context.step
        sequence = self._take_sequence()
        draft = StepDraft(
            self._host.capture, sequence, None if outer is None else outer.sequence, name
        )
        step = Step(self, draft, self._wall_at(now), now)
        if not self._opens():
            return step
        with self._host.lock:
            step._is_uncounted = self._has_ended and not self._takes_late_steps()
            if not step._is_uncounted:
                self._open_steps += 1
            self._steps.add(step)
        if options is not None:
            try:
                draft.note(*options)
            except Exception:
                warn_once("a call could not be recorded")
        return step

    def close_step(self, step: Step) -> None:
        with self._host.lock:
            self._steps.ended(step)
            if step._is_uncounted:
                return
            step._is_uncounted = True
            is_last = self._open_steps == 1
            self._open_steps -= 1
            is_late = is_last and self._takes_late_steps()
            if is_late:
                self._late_submissions_left -= 1
        if is_late:
            self._submit(self._status)

    def enter_context(self, step: Step | None) -> Token[Context]:
        return self._host.context.set(Context(self, step))

    def leave_context(self, token: Token[Context] | None) -> None:
        if token is None:
            return
        try:
            self._host.context.reset(token)
        except ValueError:
            # A generator was closed in another context than the one that began it.
            pass

    def takes_calls(self) -> bool:
        """Whether a call is recorded. Counts one that comes too late."""
        return self._opens()

    def note_failure(self) -> None:
        """A rejecting check failed."""
        self._has_failed_check = True

    def add_failed_check(self, reason: dict[str, object]) -> None:
        # A decision holds fewer reasons than this. More of them are only counted.
        if len(self._failed_checks) < _MAX_FAILED_CHECKS:
            self._failed_checks.append(reason)

    def note_error(self, error: BaseException) -> None:
        self._last_error = error

    def take_items(self, wanted: int) -> int:
        """Reserves room for candidate detail in the execution. Returns the number granted."""
        with self._host.lock:
            granted = min(wanted, self._items_left)
            self._items_left -= granted
            return granted

    def _take_sequence(self) -> int:
        with self._host.lock:
            return self._steps.take_sequence()

    def _decide(
        self, outcome: object, details: dict[str, object], basis: tuple[str, str] | None
    ) -> None:
        if not self._opens():
            return
        try:
            is_adverse = self._fields.decide(outcome, details, self._failed_checks, basis)
            if is_adverse is not None:
                self._is_adverse = is_adverse
        except Exception:
            warn_once("a call could not be recorded")

    def _takes_late_steps(self) -> bool:
        """The block ended the execution, not the host, so steps may still be recorded."""
        return self._is_run_over and self._late_submissions_left > 0

    def _opens(self) -> bool:
        if not self._is_enabled:
            return False
        if not self._has_ended or (self._open_steps > 0 and self._takes_late_steps()):
            return True
        self._host.ignored()
        return False

    def _wall_at(self, at_ms: float) -> float:
        return self._started_at_ms + (at_ms - self._started_ms)

    def _end(self, status: str) -> None:
        if self._has_ended:
            if self._is_enabled:
                self._host.ignored()
            return
        self._has_ended = True
        self._status = status
        if self._is_enabled:
            self._submit(status)

    def _submit(self, status: str) -> None:
        try:
            if self._trace is not None:
                self._fields.set_trace(*self._trace)
            with self._host.lock:
                self._revision += 1
                revision = self._revision
                steps: list[StepText] = self._steps.texts()
                left_out, left_out_count = self._steps.left_out, self._steps.left_out_count
            text = ExecutionText(
                self.id,
                revision,
                status,
                dict(self._fields.texts),
                steps,
                left_out,
                left_out_count,
                self._started_at_ms,
                monotonic_ms() - self._started_ms,
            )
            self._instance_seq = self._host.submit(
                Submission(self._key, self._instance_seq, self._root_id, self._is_adverse, text)
            )
        except Exception:
            warn_once("a call could not be recorded")


def _details(
    adverse: object,
    score: object,
    confidence: object,
    reasons: object,
    decided_by: object,
    human_involvement: object,
) -> dict[str, object]:
    details = {
        "adverse": adverse,
        "score": score,
        "confidence": confidence,
        "reasons": reasons,
        "decided_by": decided_by,
        "human_involvement": human_involvement,
    }
    return {name: value for name, value in details.items() if value is not None}
