"""An execution per chosen request, for Django.

# settings.py
MIDDLEWARE = ["xray_sdk.django.XRayMiddleware", ...]
XRAY = {"client": xray, "start": lambda request: {"input": {"path": request.path}}}
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from ._client import XRay
from ._execution import Execution
from ._source import quietly


class XRayMiddleware:
    """`xray.current()` is the request's execution in views, sync and async.

    `start` gets the request and returns the options of `xray.execution`, or None for a request that
    is no decision. A status of 500 or more, or an exception of the view, fails the execution.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        from asgiref.sync import iscoroutinefunction, markcoroutinefunction
        from django.conf import settings

        given: Mapping[str, Any] = settings.XRAY
        self._xray: XRay = given["client"]
        self._start: Callable[[Any], Mapping[str, Any] | None] = given.get("start", _default)
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: Any) -> Any:
        if self._is_async:
            return self._call_async(request)
        options = self._options(request)
        if options is None:
            return self._get_response(request)
        with self._xray.execution(**options) as execution:
            request.xray_execution = execution
            response = self._get_response(request)
            _end(execution, response)
            return response

    async def _call_async(self, request: Any) -> Any:
        options = self._options(request)
        if options is None:
            return await cast("Awaitable[Any]", self._get_response(request))
        with self._xray.execution(**options) as execution:
            request.xray_execution = execution
            response = await cast("Awaitable[Any]", self._get_response(request))
            _end(execution, response)
            return response

    def process_exception(self, request: Any, exception: Exception) -> None:
        """Django turns the exception of a view into a response, so it is recorded here."""
        execution = getattr(request, "xray_execution", None)
        if isinstance(execution, Execution):
            execution.fail(exception)

    def _options(self, request: Any) -> dict[str, Any] | None:
        options = quietly(lambda: self._start(request))
        if options is None:
            return None
        return {"from_headers": dict(request.headers), **options}


def _end(execution: Execution, response: Any) -> None:
    status = int(getattr(response, "status_code", 200))
    if status >= 500 and not execution.has_ended:
        execution.fail(f"the response has the status {status}")


def _default(request: Any) -> Mapping[str, Any]:
    return {"input": {"method": request.method, "path": request.path}}
