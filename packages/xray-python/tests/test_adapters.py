"""The adapters with the real libraries, where these are installed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sink import Sink

from xray_sdk import XRay
from xray_sdk.fastapi import XRayMiddleware


def call(app: Any, path: str, headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """One request to an ASGI application, without a server."""
    sent: list[dict[str, Any]] = []
    raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {"type": "http", "method": "GET", "path": path, "headers": raw, "query_string": b""}
    scope.update(http_version="1.1", scheme="http", root_path="", server=("test", 80))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def main() -> None:
        await app(scope, receive, send)

    asyncio.run(main())
    return sent


def test_an_asgi_request_is_an_execution(xray: XRay, sink: Sink) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        execution = xray.current()
        status = 500 if scope["path"] == "/broken" else 200
        if execution is not None:
            with execution.step("handle"):
                await asyncio.sleep(0)
            execution.decide("approved")
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    def start(scope: Any) -> dict[str, Any] | None:
        return None if scope["path"] == "/health" else {"execution_id": scope["path"][1:]}

    wrapped = XRayMiddleware(app, xray, start)
    with xray.execution(execution_id="caller") as caller:
        headers = caller.headers()
    for path in ("/ok", "/broken", "/health"):
        assert call(wrapped, path, headers)[1]["body"] == b"ok"
    assert xray.flush(5)
    by_id = {snapshot["executionId"]: snapshot for snapshot in sink.snapshots}
    assert sorted(by_id) == ["broken", "caller", "ok"]
    assert by_id["ok"]["status"] == "completed"
    assert by_id["ok"]["links"] == [{"executionId": "caller", "relation": "parent"}]
    assert by_id["broken"]["status"] == "failed"
    assert by_id["broken"]["steps"][-1]["error"]["message"] == "the response has the status 500"


@pytest.mark.full
def test_a_fastapi_route_records_into_its_request(xray: XRay, sink: Sink) -> None:
    fastapi = pytest.importorskip("fastapi")
    app = fastapi.FastAPI()
    app.add_middleware(XRayMiddleware, xray=xray)

    @app.get("/loans/{loan}")
    def decide(loan: str) -> dict[str, str]:
        execution = xray.current()
        assert execution is not None
        execution.decide("approved")
        return {"loan": loan}

    @app.get("/broken")
    async def fail() -> None:
        raise ValueError("no")

    assert call(app, "/loans/7")[1]["body"] == b'{"loan":"7"}'
    with pytest.raises(ValueError, match="no"):
        call(app, "/broken")
    assert xray.flush(5)
    good, bad = sink.snapshots
    assert good["input"] == {"method": "GET", "path": "/loans/7"}
    assert good["decision"]["outcome"] == "approved"
    assert bad["status"] == "failed"
    assert bad["steps"][-1]["error"] == {"type": "ValueError", "message": "no"}


@pytest.mark.full
def test_a_django_view_records_into_its_request(xray: XRay, sink: Sink) -> None:
    pytest.importorskip("django")
    import django
    from django.conf import settings
    from django.http import HttpRequest, HttpResponse
    from django.urls import path

    def decide(request: HttpRequest) -> HttpResponse:
        execution = xray.current()
        assert execution is not None
        execution.decide("approved")
        return HttpResponse("ok")

    def fail(request: HttpRequest) -> HttpResponse:
        raise ValueError("no")

    class Urls:
        urlpatterns = (path("ok", decide), path("broken", fail))

    settings.configure(
        ROOT_URLCONF=Urls,
        MIDDLEWARE=["xray_sdk.django.XRayMiddleware"],
        XRAY={"client": xray},
        ALLOWED_HOSTS=["*"],
        DEBUG_PROPAGATE_EXCEPTIONS=False,
    )
    django.setup()
    from django.test import AsyncClient, Client

    client = Client(raise_request_exception=False)
    assert client.get("/ok").content == b"ok"
    assert client.get("/broken").status_code == 500
    assert asyncio.run(AsyncClient().get("/ok")).status_code == 200
    assert xray.flush(5)
    assert [snapshot["status"] for snapshot in sink.snapshots] == [
        "completed",
        "failed",
        "completed",
    ]
    assert sink.snapshots[1]["steps"][-1]["error"] == {"type": "ValueError", "message": "no"}
    assert sink.snapshots[2]["decision"]["outcome"] == "approved"


@pytest.mark.full
def test_a_celery_task_is_an_execution(xray: XRay, sink: Sink) -> None:
    celery = pytest.importorskip("celery")
    from xray_sdk.celery import observe

    app = celery.Celery("test", broker="memory://", backend="cache+memory://")
    app.conf.task_always_eager = True
    app.conf.task_eager_propagates = False

    @app.task(name="decide")
    def decide(score: int) -> str:
        execution = xray.current()
        assert execution is not None
        execution.decide("approved" if score > 5 else "declined")
        return "done"

    @app.task(name="broken")
    def fail() -> None:
        raise ValueError("no")

    stop = observe(xray)
    try:
        assert decide.delay(7).get() == "done"
        fail.delay()
    finally:
        stop()
    assert xray.flush(5)
    good, bad = sink.snapshots
    assert good["input"] == {"args": [7], "kwargs": {}}
    assert (good["output"], good["tags"]) == ("done", ["decide"])
    assert bad["status"] == "failed"
    assert bad["steps"][-1]["error"] == {"type": "ValueError", "message": "no"}


@pytest.mark.full
def test_a_langchain_chain_records_its_parts(xray: XRay, sink: Sink) -> None:
    pytest.importorskip("langchain_core")
    from langchain_core.documents import Document
    from langchain_core.language_models import FakeListChatModel
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import RunnableLambda
    from langchain_core.tools import tool

    from xray_sdk.langchain import XRayCallback

    class Library(BaseRetriever):
        def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
            return [Document(page_content=f"about {query}", metadata={"source": "a.md"})]

    @tool
    def double(value: int) -> int:
        """Doubles a number."""
        return value * 2

    model = FakeListChatModel(responses=["declined"])
    chain = Library() | RunnableLambda(lambda found: found[0].page_content) | model
    callback = XRayCallback(xray)
    assert chain.invoke("loans", config={"callbacks": [callback]}).content == "declined"
    with xray.execution() as execution:
        double.invoke({"value": 4}, config={"callbacks": [callback]})
        execution.decide("approved")
    assert xray.flush(5)
    first, second = sink.snapshots
    kinds = [(step["kind"], step.get("parent")) for step in first["steps"]]
    assert kinds[0] == ("group", None)
    assert {kind for kind, _ in kinds} == {"group", "retrieve", "llm"}
    retrieved = next(step for step in first["steps"] if step["kind"] == "retrieve")
    assert retrieved["candidates"]["ledger"]["ids"] == ["a.md"]
    said = next(step for step in first["steps"] if step["kind"] == "llm")
    assert said["output"] == "declined"
    assert all(step["status"] == "completed" for step in first["steps"])
    assert second["steps"][0]["kind"] == "action"
    assert second["decision"]["outcome"] == "approved"


@pytest.mark.full
def test_the_spans_of_the_openai_agents_sdk_are_steps(xray: XRay, sink: Sink) -> None:
    agents = pytest.importorskip("agents")
    from xray_sdk.openai_agents import XRayProcessor

    agents.set_trace_processors([XRayProcessor(xray)])
    with (
        agents.trace("refund"),
        agents.agent_span("clerk"),
        agents.function_span("look_up", input="o-1", output="paid"),
    ):
        pass
    with agents.trace("guarded"), agents.guardrail_span("limits", triggered=True):
        pass
    assert xray.flush(5)
    first, second = sink.snapshots
    assert [(step["name"], step["kind"], step.get("parent")) for step in first["steps"]] == [
        ("clerk", "group", None),
        ("look_up", "action", 0),
    ]
    assert first["steps"][1]["output"] == "paid"
    assert second["steps"][0]["rules"] == [{"id": "limits", "result": "fail"}]
