"""One step while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar, Token
from types import TracebackType
from typing import TYPE_CHECKING, Literal, TypedDict, TypeVar, cast

from ._candidate_text import Detail, count_rules, write_candidates
from ._candidates import (
    FilterRule,
    Verdicts,
    candidates_of,
    chosen,
    reader_of,
    rule_of,
    run_filter,
    run_rank,
)
from ._clock import monotonic_ms
from ._fields import EFFECTS
from ._source import UNSET
from ._step_draft import StepDraft, StepText, StepTiming
from ._warning import warn_once

if TYPE_CHECKING:
    from ._execution import Execution

T = TypeVar("T")
B = TypeVar("B", bound=object)

Kind = Literal[
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
]
Effect = Literal["reject", "flag", "score", "none"]
CandidateKey = "str | Callable[[T], object]"

_MAX_ITEMS_PER_STEP = 200


class Actor(TypedDict, total=False):
    type: Literal["rule", "model", "llm", "human", "service"]
    id: str
    version: str


class Model(TypedDict, total=False):
    """The model that a step called."""

    provider: str
    name: str
    prompt_version: str
    params: object
    input_tokens: int
    output_tokens: int
    cost_usd: float


class Step:
    """A step of an execution; use it with `with`.

    Recording never raises and returns at once. `filter` and `rank` do real work, so errors of your
    tests and scores are raised to you.
    """

    __slots__ = (
        "_done",
        "_draft",
        "_execution",
        "_is_call",
        "_is_uncounted",
        "_is_unread",
        "_started_at_ms",
        "_started_ms",
        "_token",
    )

    def __init__(
        self, execution: Execution, draft: StepDraft, started_at_ms: float, started_ms: float
    ) -> None:
        self._execution = execution
        self._draft = draft
        self._started_at_ms = started_at_ms
        self._started_ms = started_ms
        self._done: StepText | None = None
        self._token: Token[Context] | None = None
        # A function made this step, so its return value is recorded for replays.
        self._is_call = False
        self._is_unread = False
        # Whether the execution waits for the end of this step.
        self._is_uncounted = True

    @property
    def sequence(self) -> int:
        """The step's number in its execution, from 0."""
        return self._draft.sequence

    @property
    def execution(self) -> Execution:
        return self._execution

    def input(self, value: object) -> None:
        self._record(lambda: self._draft.payload("input", value))

    def output(self, value: object) -> None:
        self._record(lambda: self._draft.payload("output", value))

    def note(
        self,
        *,
        kind: Kind | None = None,
        input: object = UNSET,
        output: object = UNSET,
        reasoning: str | None = None,
        attempt: int | None = None,
        actor: Actor | Mapping[str, object] | None = None,
        model: Model | Mapping[str, object] | None = None,
        metrics: Mapping[str, float] | None = None,
    ) -> None:
        """Adds facts about the step. A later fact replaces an earlier one of the same name."""
        self._record(
            lambda: self._draft.note(kind, input, output, reasoning, attempt, actor, model, metrics)
        )

    def check(
        self,
        id: str,
        is_passed: B,
        *,
        actual: object = UNSET,
        threshold: object = UNSET,
        reason: str | None = None,
        text: str | None = None,
        effect: Effect | None = None,
        field: str | None = None,
        op: str | None = None,
        unit: str | None = None,
        points: float | None = None,
        version: str | None = None,
    ) -> B:
        """Records a rule and its result, and returns the result.

        A failed check becomes a reason of the decision, unless its effect is `flag`, `score` or
        `none`, or the decision states its own reasons. Default of `reason`: the check's id.
        """
        details: dict[str, object] = {
            "actual": actual,
            "threshold": threshold,
            "reason": reason,
            "text": text,
            "effect": effect,
            "field": field,
            "op": op,
            "unit": unit,
            "points": points,
            "version": version,
        }
        execution = self._execution
        if not is_passed and (effect not in EFFECTS or effect == "reject"):
            execution.note_failure()

        def record() -> None:
            found = self._draft.check(id, is_passed, details)
            if found is not None:
                execution.add_failed_check(found)

        self._record(record)
        return is_passed

    def filter(
        self,
        items: Iterable[T],
        *,
        id: str | Callable[[T], object],
        rules: Sequence[FilterRule[T] | Mapping[str, object]],
        evaluate: Literal["first", "all"] = "first",
        score: str | Callable[[T], object] | None = None,
        type: str | None = None,
        person: bool | None = None,
        data: str | Callable[[T], object] | None = None,
        watch: Iterable[str | int] | None = None,
    ) -> list[T]:
        """Returns the candidates that pass every rule, in order, and records every result.

        A data frame or an array returns one; its tests get rows. `evaluate="first"` stops at a
        candidate's first failed rule. An error of a test is recorded and raised.
        """
        candidates = candidates_of(items)
        run = run_filter(
            candidates,
            [rule_of(rule) for rule in rules],
            evaluate == "all",
            None if score is None else reader_of(score),
        )
        detail = Detail(reader_of(id), type, person, _reader(data), watch)
        self._record_candidates("filter", run.verdicts, detail)
        if run.error is not None:
            raise run.error
        return cast("list[T]", chosen(items, candidates, run.places))

    def rank(
        self,
        items: Iterable[T],
        *,
        id: str | Callable[[T], object],
        score: str | Callable[[T], object],
        top: int | None = None,
        order: Literal["desc", "asc"] = "desc",
        scores: Callable[[T], Mapping[str, float]] | None = None,
        type: str | None = None,
        person: bool | None = None,
        data: str | Callable[[T], object] | None = None,
        watch: Iterable[str | int] | None = None,
    ) -> list[T]:
        """Returns the candidates by score, only the best `top` if given, and records them all."""
        candidates = candidates_of(items)
        places, verdicts = run_rank(candidates, reader_of(score), top, order)
        detail = Detail(reader_of(id), type, person, _reader(data), watch, _reader(scores))
        self._record_candidates("rank", verdicts, detail)
        return cast("list[T]", chosen(items, candidates, places))

    def artifact(
        self,
        *,
        name: str,
        media_type: str,
        bytes: int,
        sha256: str | None = None,
        uri: str | None = None,
        inline: str | None = None,
    ) -> None:
        """Records a file or other content that is not JSON; at most 20 a step."""
        given: dict[str, object] = {
            "name": name,
            "media_type": media_type,
            "bytes": bytes,
            "sha256": sha256,
            "uri": uri,
            "inline": inline,
        }
        self._record(lambda: self._draft.artifact(given))

    def rule(self, rule: Mapping[str, object]) -> None:
        """Records a rule that another program evaluated, with its `result`."""
        self._record(lambda: self._draft.rule(rule))

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
        """A step inside this one, also where no context is, as in a new thread."""
        options = (kind, input, output, reasoning, attempt, actor, model, metrics)
        return self._execution.open_step(name, options, self)

    def __enter__(self) -> Step:
        self._token = self._execution.enter_context(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._execution.leave_context(self._token)
        self._token = None
        self.end(error)

    def end(self, error: BaseException | None = None) -> None:
        """Ends a step that was begun without `with`."""
        if self._done is not None:
            return
        if error is None or isinstance(error, GeneratorExit):
            self._record(lambda: self._close("completed"))
        else:
            raised = error

            def record() -> None:
                self._draft.raised(raised, self._is_call)
                self._close("canceled" if is_cancellation(raised) else "failed")

            self._record(record)
            self._execution.note_error(raised)
        self._execution.close_step(self)

    def called(self, is_async: bool) -> None:
        """A function makes this step. Its return value is recorded."""
        self._is_call = True
        self._draft.is_async = is_async

    def returned(self, result: object) -> None:
        keeps = self._execution.keeps_effects
        self._record(lambda: self._draft.result(result, keeps))

    def hand_back(self) -> None:
        """The function returned a generator. The step ends with it."""
        self._is_unread = True
        self._draft.hands_back()

    def streamed(self, value: object) -> None:
        self._is_unread = False
        self._record(lambda: self._draft.streamed(value))

    def text(self) -> StepText:
        """The current state: `running` until it ends, `completed` if nobody reads its result."""
        done = self._done
        return done if done else self._freeze("completed" if self._is_unread else "running")

    def _record_candidates(self, kind: str, verdicts: Verdicts[object], detail: Detail) -> None:
        draft = self._draft
        if draft.has_candidates:
            # A step holds one set of candidates. Another set becomes a nested step.
            with self._execution.open_step(kind, None, self) as inner:
                inner._record_candidates(kind, verdicts, detail)
                inner.returned(None)
            return
        execution = self._execution

        def record() -> None:
            wanted = min(len(verdicts.candidates), _MAX_ITEMS_PER_STEP)
            granted = execution.take_items(wanted)
            draft.suggest_kind(kind)
            draft.record_candidates(
                lambda capture: write_candidates(capture, verdicts, detail, execution.id, granted)
            )
            draft.rules(count_rules(verdicts))

        self._record(record)

    def _close(self, status: str) -> None:
        self._done = self._freeze(status)

    def _freeze(self, status: str) -> StepText:
        elapsed_ms = monotonic_ms() - self._started_ms
        return self._draft.freeze(status, StepTiming(self._started_at_ms, elapsed_ms, "measured"))

    def _record(self, action: Callable[[], object]) -> None:
        """A step records nothing after its end. Errors do not reach the host."""
        if self._done is not None or not self._execution.takes_calls():
            return
        try:
            action()
        except Exception:
            # The error may contain the host's data, so it must not be logged.
            warn_once("a call could not be recorded")


class Context:
    """The execution and the step of a call."""

    __slots__ = ("execution", "step")

    def __init__(self, execution: Execution, step: Step | None) -> None:
        self.execution = execution
        self.step = step


ContextStore = ContextVar[Context]


def is_cancellation(error: BaseException) -> bool:
    return isinstance(error, asyncio.CancelledError)


def _reader(given: object) -> Callable[[object], object] | None:
    return None if given is None else reader_of(given)
