"""The decorators: calls of a function as executions or steps."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from typing import TYPE_CHECKING, TypeVar, cast

from ._execution import Execution
from ._source import UNSET, quietly
from ._step import Step

if TYPE_CHECKING:
    from ._client import XRay

F = TypeVar("F", bound=Callable[..., object])

_BOUND_NAMES = ("self", "cls")


class _Call:
    """One recorded call of a function."""

    def begin(self) -> Execution | Step | None:
        raise NotImplementedError

    def returned(self, result: object) -> None:
        raise NotImplementedError


def decision_decorator(
    client: XRay,
    options: Mapping[str, object],
    subject: Callable[..., Mapping[str, str | int]] | None,
    outcome: Callable[[object], str] | None,
    capture_input: bool,
    capture_output: bool,
) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        arguments_of = _arguments_of(function)

        class Call(_Call):
            def __init__(self, args: tuple[object, ...], given: dict[str, object]) -> None:
                self._args = args
                self._given = given

            def begin(self) -> Execution:
                named = arguments_of(self._args, self._given) if capture_input else UNSET
                subjects = None
                if subject is not None:
                    subjects = quietly(lambda: subject(*self._args, **self._given))
                self.execution = client.execution(
                    input=UNSET if named is None else named,
                    subject=subjects,
                    **options,  # type: ignore[arg-type] # pyright: ignore
                )
                return self.execution

            def returned(self, result: object) -> None:
                if capture_output and result is not None:
                    self.execution.set(output=result)
                if outcome is None:
                    return
                decided = quietly(lambda: outcome(result))
                if decided is not None:
                    self.execution.decide(decided)

        return cast("F", _wrapped(function, Call))

    return decorate


def step_decorator(
    client: XRay, name: str | None, kind: object, capture_input: bool
) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        arguments_of = _arguments_of(function)
        step_name = name or str(getattr(function, "__name__", "step"))
        is_async = inspect.iscoroutinefunction(function)

        class Call(_Call):
            def __init__(self, args: tuple[object, ...], given: dict[str, object]) -> None:
                self._args = args
                self._given = given

            def begin(self) -> Step | None:
                execution = client.current()
                if execution is None:
                    return None
                named = arguments_of(self._args, self._given) if capture_input else None
                self._step = execution.open_step(
                    step_name, (kind, UNSET if named is None else named), None
                )
                self._step.called(is_async)
                return self._step

            def returned(self, result: object) -> None:
                self._step.returned(result)

        return cast("F", _wrapped(function, Call))

    return decorate


def _wrapped(
    function: Callable[..., object],
    make_call: Callable[[tuple[object, ...], dict[str, object]], _Call],
) -> Callable[..., object]:
    if inspect.isasyncgenfunction(function):

        @functools.wraps(function)
        async def async_generator(*args: object, **given: object) -> AsyncGenerator[object, object]:
            call = make_call(args, given)
            source = cast("AsyncGenerator[object, object]", function(*args, **given))
            begun = call.begin()
            if begun is None:
                async for value in source:
                    yield value
                return
            stream = _Stream(begun)
            try:
                while True:
                    token = stream.enter()
                    try:
                        value = await source.__anext__()
                    except StopAsyncIteration:
                        break
                    finally:
                        stream.leave(token)
                    stream.value(value)
                    yield value
            except BaseException as error:
                await source.aclose()
                stream.end(error)
                raise
            stream.end(None)

        return async_generator

    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def generator(*args: object, **given: object) -> Generator[object, object, object]:
            call = make_call(args, given)
            source = cast("Generator[object, object, object]", function(*args, **given))
            begun = call.begin()
            if begun is None:
                return (yield from source)
            stream = _Stream(begun)
            sent: object = None
            result: object = None
            try:
                while True:
                    token = stream.enter()
                    try:
                        value = source.send(sent)
                    except StopIteration as stop:
                        result = stop.value
                        break
                    finally:
                        stream.leave(token)
                    stream.value(value)
                    sent = yield value
            except BaseException as error:
                source.close()
                stream.end(error)
                raise
            stream.end(None)
            return result

        return generator

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def coroutine(*args: object, **given: object) -> object:
            call = make_call(args, given)
            begun = call.begin()
            if begun is None:
                return await cast("Awaitable[object]", function(*args, **given))
            with begun:
                result = await cast("Awaitable[object]", function(*args, **given))
                call.returned(result)
                return result

        return coroutine

    @functools.wraps(function)
    def plain(*args: object, **given: object) -> object:
        call = make_call(args, given)
        begun = call.begin()
        if begun is None:
            return function(*args, **given)
        with begun:
            result = function(*args, **given)
            call.returned(result)
            return result

    return plain


class _Stream:
    """The values of a generator become the output of its execution or step."""

    def __init__(self, owner: Execution | Step) -> None:
        self._owner = owner
        self._step = owner if isinstance(owner, Step) else owner.open_step("stream", None, None)
        self._step.hand_back()

    def enter(self) -> object:
        owner = self._owner
        if isinstance(owner, Step):
            return owner.execution.enter_context(owner)
        return owner.enter_context(None)

    def leave(self, token: object) -> None:
        owner = self._owner
        execution = owner.execution if isinstance(owner, Step) else owner
        execution.leave_context(token)  # type: ignore[arg-type] # pyright: ignore

    def value(self, value: object) -> None:
        self._step.streamed(value)

    def end(self, error: BaseException | None) -> None:
        if error is None or isinstance(error, GeneratorExit):
            self._step.returned(None)
        self._step.end(error)
        if not isinstance(self._owner, Step):
            self._owner.finish(error)


def _arguments_of(
    function: Callable[..., object],
) -> Callable[[tuple[object, ...], dict[str, object]], dict[str, object] | None]:
    """Names the arguments of a call. None for a call without any."""
    signature = quietly(lambda: inspect.signature(function))
    names = [] if signature is None else list(signature.parameters)
    kinds = [] if signature is None else [each.kind for each in signature.parameters.values()]
    is_simple = all(
        kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        for kind in kinds
    )
    is_bound = bool(names) and names[0] in _BOUND_NAMES

    def name(args: tuple[object, ...], given: dict[str, object]) -> dict[str, object] | None:
        if is_simple and len(args) <= len(names):
            named = dict(zip(names, args, strict=False))
            named.update(given)
        else:
            bound = quietly(lambda: _bind(signature, args, given))
            named = {"args": args, **given} if bound is None else bound
        if is_bound:
            named.pop(names[0], None)
        return named or None

    return name


def _bind(
    signature: inspect.Signature | None, args: tuple[object, ...], given: dict[str, object]
) -> dict[str, object] | None:
    if signature is None:
        return None
    return dict(signature.bind_partial(*args, **given).arguments)
