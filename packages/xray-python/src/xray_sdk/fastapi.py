"""An execution per chosen request, for FastAPI, Starlette and other ASGI frameworks.

from xray_sdk.fastapi import XRayMiddleware

app.add_middleware(XRayMiddleware, xray=xray, start=lambda scope: {"input": scope["path"]})
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from ._client import XRay
from ._source import quietly

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class XRayMiddleware:
    """`xray.current()` is the request's execution in handlers and in their tasks.

    `start` gets the ASGI scope and returns the options of `xray.execution`, or None for a request
    that is no decision. The execution continues one whose headers the caller sent. It ends with
    the response: a status of 500 or more, or an exception, fails it.
    """

    def __init__(
        self,
        app: App,
        xray: XRay,
        start: Callable[[Scope], Mapping[str, Any] | None] | None = None,
    ) -> None:
        self._app = app
        self._xray = xray
        self._start = start

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        options = self._options(scope)
        if options is None:
            await self._app(scope, receive, send)
            return
        status = 200

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
            await send(message)

        with self._xray.execution(**options) as execution:
            await self._app(scope, receive, watch)
            if status >= 500:
                execution.fail(f"the response has the status {status}")

    def _options(self, scope: Scope) -> dict[str, Any] | None:
        if scope["type"] != "http":
            return None
        given = _default if self._start is None else self._start
        options = quietly(lambda: given(scope))
        return None if options is None else {"from_headers": scope.get("headers"), **options}


def _default(scope: Scope) -> Mapping[str, Any]:
    return {"input": {"method": scope.get("method"), "path": scope.get("path")}}
