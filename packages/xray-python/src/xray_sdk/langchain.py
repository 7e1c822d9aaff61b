"""Chains, agents, tools, retrievers and models of LangChain and LangGraph as steps.

from xray_sdk.langchain import XRayCallback

chain.invoke(question, config={"callbacks": [XRayCallback(xray)]})
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler

from ._client import XRay
from ._execution import Execution
from ._source import quietly
from ._step import Step


class XRayCallback(BaseCallbackHandler):  # type: ignore[misc,unused-ignore]
    """Records into the current execution. Outside of one, each outermost run is an execution."""

    raise_error = False
    run_inline = True

    def __init__(self, xray: XRay, pipeline: str | None = None) -> None:
        self._xray = xray
        self._pipeline = pipeline
        self._steps: dict[UUID, Step] = {}
        self._owned: dict[UUID, Execution] = {}

    def on_chain_start(
        self,
        serialized: Any,
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **given: Any,
    ) -> None:
        self._begin(run_id, parent_run_id, _name(serialized, given, "chain"), "group", inputs)

    def on_tool_start(
        self,
        serialized: Any,
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        inputs: Any = None,
        **given: Any,
    ) -> None:
        value = input_str if inputs is None else inputs
        self._begin(run_id, parent_run_id, _name(serialized, given, "tool"), "action", value)

    def on_retriever_start(
        self,
        serialized: Any,
        query: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **given: Any,
    ) -> None:
        self._begin(run_id, parent_run_id, _name(serialized, given, "retriever"), "retrieve", query)

    def on_llm_start(
        self,
        serialized: Any,
        prompts: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **given: Any,
    ) -> None:
        self._begin(run_id, parent_run_id, _name(serialized, given, "llm"), "llm", prompts)
        self._note_model(run_id, given)

    def on_chat_model_start(
        self,
        serialized: Any,
        messages: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **given: Any,
    ) -> None:
        texts = [[_message(each) for each in batch] for batch in messages]
        self._begin(run_id, parent_run_id, _name(serialized, given, "chat model"), "llm", texts)
        self._note_model(run_id, given)

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **given: Any) -> None:
        self._end(run_id, outputs)

    def on_tool_end(self, output: Any, *, run_id: UUID, **given: Any) -> None:
        self._end(run_id, _message(output))

    def on_retriever_end(self, documents: Any, *, run_id: UUID, **given: Any) -> None:
        step = self._steps.get(run_id)
        if step is not None:
            found = list(documents)
            step.filter(found, id=_document_id, rules=[], type="document", data=_document)
        self._end(run_id, None)

    def on_llm_end(self, response: Any, *, run_id: UUID, **given: Any) -> None:
        step = self._steps.get(run_id)
        usage = quietly(lambda: _usage(response))
        if step is not None and usage:
            step.note(metrics=usage)
        self._end(run_id, quietly(lambda: _texts(response)))

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **given: Any) -> None:
        self._end(run_id, None, error)

    on_tool_error = on_chain_error
    on_retriever_error = on_chain_error
    on_llm_error = on_chain_error

    def on_retry(self, retry_state: Any, *, run_id: UUID, **given: Any) -> None:
        step = self._steps.get(run_id)
        attempt = quietly(lambda: int(retry_state.attempt_number) + 1)
        if step is not None and attempt is not None:
            step.note(attempt=attempt)

    def _begin(
        self, run_id: UUID, parent_id: UUID | None, name: str, kind: Any, value: Any
    ) -> None:
        parent = None if parent_id is None else self._steps.get(parent_id)
        execution = parent.execution if parent is not None else self._xray.current()
        if execution is None:
            execution = self._xray.execution(pipeline=self._pipeline, input=value)
            self._owned[run_id] = execution
        step = execution.open_step(name, (kind, value), parent or self._xray.current_step())
        self._steps[run_id] = step

    def _note_model(self, run_id: UUID, given: dict[str, Any]) -> None:
        params = given.get("invocation_params") or {}
        metadata = given.get("metadata") or {}
        name = params.get("model") or params.get("model_name") or metadata.get("ls_model_name")
        step = self._steps.get(run_id)
        if step is None or not name:
            return
        provider = metadata.get("ls_provider")
        model = {"name": name, "params": params}
        step.note(model={**model, "provider": provider} if provider else model)

    def _end(self, run_id: UUID, output: Any, error: BaseException | None = None) -> None:
        step = self._steps.pop(run_id, None)
        if step is None:
            return
        if output is not None:
            step.output(output)
        # LangGraph raises to pause for a person. That is no failure.
        if type(error).__name__ in ("GraphInterrupt", "NodeInterrupt"):
            step.note(kind="human", reasoning=str(error))
            error = None
        step.end(error)
        execution = self._owned.pop(run_id, None)
        if execution is not None:
            if output is not None:
                execution.set(output=output)
            execution.finish(error)


def _name(serialized: Any, given: dict[str, Any], fallback: str) -> str:
    name = given.get("name")
    if not name and isinstance(serialized, dict):
        ids = serialized.get("id") or [None]
        name = serialized.get("name") or ids[-1]
    return str(name or fallback)


def _message(message: Any) -> Any:
    kind, content = getattr(message, "type", None), getattr(message, "content", None)
    return message if content is None else {"role": kind, "content": content}


def _document_id(document: Any) -> str:
    known = getattr(document, "id", None) or document.metadata.get("source")
    return str(known or document.page_content[:80])


def _document(document: Any) -> Any:
    return {"text": document.page_content, "metadata": document.metadata}


def _texts(response: Any) -> Any:
    texts = [
        each.text or _message(each.message) for batch in response.generations for each in batch
    ]
    return texts[0] if len(texts) == 1 else texts


def _usage(response: Any) -> dict[str, float]:
    usage = (response.llm_output or {}).get("token_usage") or {}
    message = getattr(response.generations[0][0], "message", None)
    usage = usage or getattr(message, "usage_metadata", None) or {}
    return {key: value for key, value in usage.items() if isinstance(value, (int, float))}
