"""Agents, handoffs, guardrails, functions and generations of the OpenAI Agents SDK as steps.

from agents import add_trace_processor
from xray_sdk.openai_agents import XRayProcessor

add_trace_processor(XRayProcessor(xray))
"""

from __future__ import annotations

from typing import Any

from ._client import XRay
from ._execution import Execution
from ._source import quietly
from ._step import Step

try:
    from agents.tracing import TracingProcessor
except ImportError:
    TracingProcessor = object  # type: ignore[assignment,misc,unused-ignore]

_KINDS: dict[str, Any] = {
    "agent": "group",
    "function": "action",
    "generation": "llm",
    "response": "llm",
    "guardrail": "guard",
    "handoff": "action",
}


class XRayProcessor(TracingProcessor):  # type: ignore[misc,unused-ignore]
    """A trace is an execution, or a part of the current execution. A span is a step."""

    def __init__(self, xray: XRay) -> None:
        self._xray = xray
        self._executions: dict[str, Execution] = {}
        self._owned: set[str] = set()
        self._steps: dict[str, Step] = {}

    def on_trace_start(self, trace: Any) -> None:
        execution = self._xray.current()
        if execution is None:
            execution = self._xray.execution(tags=[str(trace.name)])
            self._owned.add(trace.trace_id)
        self._executions[trace.trace_id] = execution

    def on_trace_end(self, trace: Any) -> None:
        execution = self._executions.pop(trace.trace_id, None)
        if execution is not None and trace.trace_id in self._owned:
            self._owned.discard(trace.trace_id)
            execution.complete()

    def on_span_start(self, span: Any) -> None:
        execution = self._executions.get(span.trace_id)
        if execution is None:
            return
        data = span.span_data
        parent = self._steps.get(span.parent_id or "") or self._xray.current_step()
        name = str(getattr(data, "name", None) or data.type)
        self._steps[span.span_id] = execution.open_step(name, (_KINDS.get(data.type),), parent)

    def on_span_end(self, span: Any) -> None:
        step = self._steps.pop(span.span_id, None)
        if step is None:
            return
        quietly(lambda: _describe(step, span.span_data))
        error = span.error
        message = None if not error else str(error.get("message", "failed"))
        step.end(None if message is None else RuntimeError(message))

    def shutdown(self) -> None:
        self._xray.flush(2)

    def force_flush(self) -> None:
        self._xray.flush(2)


def _describe(step: Step, data: Any) -> None:
    for name in ("input", "output"):
        value = getattr(data, name, None)
        if value is not None:
            getattr(step, name)(value)
    if data.type == "guardrail":
        # A guardrail is a rule. It rejects if it was triggered.
        step.check(str(data.name), not data.triggered)
    if data.type == "handoff":
        step.output({"from": data.from_agent, "to": data.to_agent})
    response = getattr(data, "response", None)
    if response is not None:
        step.output(getattr(response, "output", None))
    model = getattr(data, "model", None) or getattr(response, "model", None)
    usage = getattr(data, "usage", None) or getattr(response, "usage", None)
    if model:
        given: dict[str, Any] = {"name": str(model), "provider": "openai"}
        for key in ("input_tokens", "output_tokens"):
            value = usage.get(key) if isinstance(usage, dict) else getattr(usage, key, None)
            if value is not None:
                given[key] = value
        step.note(model=given)
