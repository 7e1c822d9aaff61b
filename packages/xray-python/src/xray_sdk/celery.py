"""A job is an execution, for Celery.

from xray_sdk.celery import observe

observe(xray)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ._client import XRay
from ._execution import Execution
from ._source import quietly

_HEADERS = "xray_headers"


def observe(
    xray: XRay, start: Callable[[Any], Mapping[str, Any] | None] | None = None
) -> Callable[[], None]:
    """Records every task of this process as an execution, and returns a function that stops it.

    `start` gets the task and returns the options of `xray.execution`, or None for a task that is no
    decision. The id of an execution is the task's. A retry is another execution, `retry_of` the
    first. A task that an execution sends is a part of it.
    """
    from celery import signals

    running: dict[str, Execution] = {}
    tokens: dict[str, Any] = {}

    def published(headers: dict[str, Any] | None = None, **_: Any) -> None:
        current = xray.current()
        if headers is not None and current is not None:
            headers[_HEADERS] = current.headers()

    def began(task_id: str, task: Any, args: Any = (), kwargs: Any = None, **_: Any) -> None:
        ask = _default if start is None else start
        options = quietly(lambda: ask(task))
        if options is None:
            return
        whole = {"input": {"args": list(args or ()), "kwargs": dict(kwargs or {})}, **options}
        retries = int(getattr(task.request, "retries", 0) or 0)
        whole.setdefault("execution_id", task_id if retries == 0 else f"{task_id}.{retries}")
        if retries > 0:
            whole.update(of=task_id, relation="retry_of")
        else:
            whole.setdefault("from_headers", task.request.get(_HEADERS))
        execution = xray.execution(**whole)
        running[task_id] = execution
        tokens[task_id] = execution.enter_context(None)

    def failed(task_id: str, exception: BaseException | None = None, **_: Any) -> None:
        execution = running.get(task_id)
        if execution is not None:
            execution.fail(exception)

    def retried(request: Any, reason: Any = None, **_: Any) -> None:
        failed(request.id, reason if isinstance(reason, BaseException) else None)

    def ended(task_id: str, retval: Any = None, state: str | None = None, **_: Any) -> None:
        execution = running.pop(task_id, None)
        token = tokens.pop(task_id, None)
        if execution is None:
            return
        execution.leave_context(token)
        if not execution.has_ended:
            if retval is not None and state == "SUCCESS":
                execution.set(output=retval)
            execution.complete()

    def worker_ended(**_: Any) -> None:
        # A prefork worker ends without the functions of `atexit`.
        xray.flush(2)

    connected = (
        (signals.before_task_publish, published),
        (signals.task_prerun, began),
        (signals.task_failure, failed),
        (signals.task_retry, retried),
        (signals.task_postrun, ended),
        (signals.worker_process_shutdown, worker_ended),
    )
    for signal, receiver in connected:
        signal.connect(receiver, weak=False)

    def stop() -> None:
        for signal, receiver in connected:
            signal.disconnect(receiver)

    return stop


def _default(task: Any) -> Mapping[str, Any]:
    return {"tags": [str(task.name)]}
