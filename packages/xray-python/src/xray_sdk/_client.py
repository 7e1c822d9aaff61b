"""The client: one per process and app."""

from __future__ import annotations

import atexit
import itertools
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from typing import Literal, TypeVar

from ._accounts import Accounts, DropEvent, Stats
from ._calls import decision_decorator, step_decorator
from ._capture import Capture
from ._clock import wall_ms
from ._delivery import Delivery as Sender
from ._execution import Execution, Relation, Subject, Submission
from ._execution_fields import ExecutionFields
from ._identity import uuid_v7
from ._options import Delivery, resolve_options
from ._queue import MemoryQueue, QueueHost, SnapshotQueue
from ._redact import Redact
from ._sampling import Sample, SampleCandidate, is_chosen
from ._serialize import Envelope, serialize, write_client
from ._source import UNSET
from ._spool import Spool, SpoolQueue
from ._step import Context, Kind, Step

F = TypeVar("F", bound=Callable[..., object])

# The longest time by which the SDK delays the end of a process.
_HOLD_S = 2.0
_DEFAULT_FLUSH_S = 5.0


class XRay:
    """Records decisions and delivers them in the background.

    It never raises into its host, never blocks it and never keeps it alive. Only the end of a
    process may take two seconds longer, to deliver the last records.

    Only `app_id` and `pipeline` are required. `api_key` and `endpoint` default to XRAY_API_KEY and
    XRAY_ENDPOINT of the environment. Without a key the client warns once and records nothing.
    """

    def __init__(
        self,
        *,
        app_id: str,
        pipeline: str,
        api_key: str | None = None,
        environment: str | None = None,
        endpoint: str | None = None,
        versions: Mapping[str, str] | None = None,
        redact: Redact | Mapping[str, object] | None = None,
        on_drop: Callable[[DropEvent], object] | None = None,
        sample: float | Sample | None = None,
        spool: Spool | str | os.PathLike[str] | None = None,
        replay: Literal["effects"] | None = None,
        max_steps: int | None = None,
        delivery: Delivery | Mapping[str, object] | None = None,
    ) -> None:
        self.settings = resolve_options(
            api_key,
            app_id,
            pipeline,
            environment,
            endpoint,
            versions,
            redact,
            on_drop,
            sample,
            spool,
            replay,
            max_steps,
            delivery,
        )
        self._accounts = Accounts(self.settings.on_drop)
        self.lock = self._accounts.lock
        self.capture = Capture(self.settings.redactor)
        self.fields = ExecutionFields(self.capture)
        self.fields.set_pipeline(self.settings.pipeline)
        if self.settings.environment is not None:
            self.fields.set_environment(self.settings.environment)
        self.fields.set(versions=self.settings.versions)
        self.context: ContextVar[Context] = ContextVar("xray_sdk")
        self._keys = itertools.count()
        self._begin()
        self._sender = Sender(self.settings, self._accounts, self._make_queue)
        if self.settings.is_enabled:
            _clients.add(self)
            _listen()

    def execution(
        self,
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
    ) -> Execution:
        """Begins an execution: `with xray.execution(subject={"applicant": "a-17"}) as ex:`.

        The block completes it, or fails it and raises. Without `with`, call `complete` or `fail`.
        """
        return Execution(
            self,
            execution_id=execution_id,
            pipeline=pipeline,
            subject=subject,
            subjects=subjects,
            input=input,
            output=output,
            tags=tags,
            metadata=metadata,
            versions=versions,
            from_headers=from_headers,
            relation=relation,
            of=of,
        )

    def decision(
        self,
        *,
        pipeline: str | None = None,
        subject: Callable[..., Mapping[str, str | int]] | None = None,
        outcome: Callable[[object], str] | None = None,
        capture_input: bool = True,
        capture_output: bool = True,
        tags: Sequence[str] | None = None,
        versions: Mapping[str, str] | None = None,
    ) -> Callable[[F], F]:
        """A decorator: each call of the function is an execution.

        Its arguments are the input and its result is the output. `subject` gets the arguments,
        `outcome` the result. Functions may be async or generators.
        """
        options: dict[str, object] = {"pipeline": pipeline, "tags": tags, "versions": versions}
        return decision_decorator(self, options, subject, outcome, capture_input, capture_output)

    def step(
        self,
        name: str | None = None,
        *,
        kind: Kind | None = None,
        capture_input: bool = True,
    ) -> Callable[[F], F]:
        """A decorator: each call of the function is a step of the current execution.

        Its arguments are the input and its result is the output. Outside of an execution the
        function runs unrecorded. Default name: the function's.
        """
        return step_decorator(self, name, kind, capture_input)

    def current(self) -> Execution | None:
        """The execution whose block or decorator called this code."""
        context = self.context.get(None)
        return None if context is None else context.execution

    def current_step(self) -> Step | None:
        """The innermost step whose block or decorator called this code."""
        context = self.context.get(None)
        return None if context is None else context.step

    def flush(self, timeout_s: float = _DEFAULT_FLUSH_S) -> bool:
        """Waits until every earlier record is delivered or dropped. False if time is over.

        In asyncio: `await asyncio.to_thread(xray.flush)`.
        """
        return self._sender.flush(timeout_s)

    def shutdown(self, timeout_s: float = _DEFAULT_FLUSH_S) -> bool:
        """Flushes, drops the remaining snapshots when the time is over, and stops recording."""
        return self._sender.shutdown(timeout_s)

    def stats(self) -> Stats:
        """The counts of all snapshots so far. Their sum is exact at any time."""
        return self._accounts.stats()

    # The methods below are for executions.

    def next_key(self) -> int:
        return next(self._keys)

    def ignored(self) -> None:
        self._accounts.ignored()

    def submit(self, submission: Submission) -> int | None:
        text = submission.text
        accounts = self._accounts
        accounts.recorded()
        if not self._is_sampled(submission):
            accounts.dropped("sampled", text.execution_id)
            accounts.announce()
            return submission.instance_seq
        instance_seq = submission.instance_seq
        if text.status == "running":
            instance_seq = None
        elif instance_seq is None:
            instance_seq = next(self._instance_seqs)
        reported = accounts.take_unreported()
        envelope = Envelope(self._members, instance_seq, reported)
        try:
            body = serialize(text, envelope, self.settings.max_snapshot_bytes)
        except Exception as error:
            reason: Literal["too_large", "sdk_error"] = (
                "too_large" if isinstance(error, MemoryError) else "sdk_error"
            )
            accounts.dropped(reason, text.execution_id, reported)
            accounts.announce()
            return instance_seq
        if _is_at_exit_of_worker():
            _listen_to_worker()
        self._sender.enqueue(submission.key, text.execution_id, body, reported)
        return instance_seq

    def last_attempt(self, timeout_s: float) -> None:
        self._sender.last_attempt(timeout_s)

    def forked(self) -> None:
        """The child of a fork counts from zero under its own instance id."""
        self._accounts.lock = self.lock = threading.RLock()
        self._accounts.reset()
        self._begin()
        self._sender.forked()

    def _begin(self) -> None:
        self._instance_id = uuid_v7(wall_ms())
        self._members = write_client(self.settings.app_id, self._instance_id)
        self._instance_seqs = itertools.count(1)

    def _is_sampled(self, submission: Submission) -> bool:
        sample = self.settings.sample
        if sample is None:
            return True
        if submission.text.status == "failed" and sample.keep_failed:
            return True
        if submission.is_adverse and sample.keep_adverse:
            return True
        candidate = SampleCandidate(submission.text.execution_id, submission.root_id)
        return is_chosen(sample, candidate)

    def _make_queue(self, ready: Callable[[], None]) -> SnapshotQueue:
        spool = self.settings.spool
        if spool is None or not self.settings.is_enabled:
            return MemoryQueue()
        accounts = self._accounts

        def not_durable() -> None:
            accounts.not_durable += 1

        def lost(execution_id: str, reported_drops: int) -> None:
            accounts.dropped("spool", execution_id, reported_drops)

        limits = self.settings.delivery
        return SpoolQueue(
            spool,
            QueueHost(
                self.lock,
                self._instance_id,
                limits.max_queued,
                limits.max_queued_bytes,
                accounts.recorded,
                not_durable,
                lost,
                ready,
            ),
        )


_clients: weakref.WeakSet[XRay] = weakref.WeakSet()
_is_listening = False
_worker_pid: int | None = None


def _listen() -> None:
    global _is_listening
    if _is_listening:
        return
    _is_listening = True
    atexit.register(_at_exit)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child
        )


def _at_exit() -> None:
    deadline = time.monotonic() + _HOLD_S
    for client in list(_clients):
        client.last_attempt(max(0.0, deadline - time.monotonic()))


def _is_at_exit_of_worker() -> bool:
    """A forked worker of multiprocessing ends without the functions of `atexit`."""
    module = sys.modules.get("multiprocessing.process")
    return module is not None and _worker_pid != os.getpid()


def _listen_to_worker() -> None:
    global _worker_pid
    _worker_pid = os.getpid()
    try:
        from multiprocessing import parent_process, util

        if parent_process() is not None:
            util.Finalize(None, _at_exit, exitpriority=1)
    except Exception:
        # Without multiprocessing the functions of `atexit` run.
        pass


_locked: list[XRay] = []


def _before_fork() -> None:
    """No other thread changes a queue while the process is copied."""
    for client in list(_clients):
        client.lock.acquire()
        _locked.append(client)


def _after_fork() -> None:
    while _locked:
        _locked.pop().lock.release()


def _after_fork_in_child() -> None:
    _locked.clear()
    for client in list(_clients):
        try:
            client.forked()
        except Exception:
            # The child records into a client that cannot send; the host must not notice.
            pass
