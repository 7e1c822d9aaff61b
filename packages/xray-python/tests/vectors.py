"""The wire vectors (packages/wire-vectors) as calls of this SDK."""

from __future__ import annotations

import base64
import dataclasses
import enum
import json
import re
from collections.abc import Iterator
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import xray_sdk

FOLDER = Path(__file__).resolve().parents[2] / "wire-vectors"
# These members hold objects of the wire format, whose names are in snake_case here.
_OBJECTS = ("actor", "model", "decidedBy")
_LISTS = ("rules", "artifacts", "reasons", "subjects")


def read_vectors() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted(FOLDER.glob("*.json")):
        for vector in json.loads(file.read_text(encoding="utf-8")):
            yield file.stem, vector


def tell(vector: dict[str, Any], endpoint: str) -> xray_sdk.XRay:
    """Makes the calls of a vector, as a host does."""
    client = _named(vector.get("client", {}))
    xray = xray_sdk.XRay(
        **{
            "api_key": "xr_test",
            "app_id": "app",
            "pipeline": "work",
            "endpoint": endpoint,
            **client,
        }
    )
    options = {"execution_id": "v-1", **_named(vector.get("execution", {}))}
    execution = xray.execution(**options)
    has_ended = False
    for call in vector["do"]:
        _perform(xray, execution, call)
        has_ended = has_ended or "complete" in call or "fail" in call
    if not has_ended:
        execution.complete()
    return xray


def _perform(xray: xray_sdk.XRay, execution: xray_sdk.Execution, call: dict[str, Any]) -> None:
    ((name, given),) = call.items()
    step = xray.current_step()
    if name == "repeat":
        for _ in range(given[1]):
            _perform(xray, execution, given[0])
    elif name == "recordStep":
        execution.record_step(**_named(given))
    elif name == "recordThenChange":
        output = decode(given)
        execution.record_step("s", output=output)
        output["a"].append(3)
    elif name == "step":
        _run_step(xray, execution, given)
    elif name == "failingStep":
        error = decode(given)
        try:
            _raise_in_step(xray, execution, error)
        except Exception as raised:
            execution.fail(raised)
    elif name == "set":
        execution.set(**_named(given))
    elif name == "decide":
        execution.decide(decode(given[0]), **_named(given[1] if len(given) > 1 else {}))
    elif name == "decideByChecks":
        execution.decide_by_checks(*given[:2], **_named(given[2] if len(given) > 2 else {}))
    elif name == "checkpoint":
        execution.checkpoint()
    elif name == "complete":
        execution.complete()
    elif name == "fail":
        execution.fail(decode(given))
    elif step is None:
        raise AssertionError(f"no call {name}")
    elif name == "note":
        step.note(**_named(given))
    elif name == "check":
        step.check(*given[:2], **_named(given[2] if len(given) > 2 else {}))
    elif name == "filter":
        _filter(step, given)
    elif name == "rank":
        _rank(step, given)
    else:
        raise AssertionError(f"no call {name}")


def _raise_in_step(
    xray: xray_sdk.XRay, execution: xray_sdk.Execution, error: BaseException
) -> None:
    @xray.step("s")
    def fail() -> None:
        raise error

    token = execution.enter_context(None)
    try:
        fail()
    finally:
        execution.leave_context(token)


def _run_step(xray: xray_sdk.XRay, execution: xray_sdk.Execution, given: dict[str, Any]) -> None:
    options = _named(given.get("options", {}))

    @xray.step(given["name"], kind=options.pop("kind", None))
    def body() -> object:
        step = xray.current_step()
        assert step is not None
        if options:
            step.note(**options)
        for call in given.get("do", []):
            _perform(xray, execution, call)
        if "throw" in given:
            raise decode(given["throw"])
        return decode(given["return"]) if "return" in given else None

    outer = xray.current_step()
    token = execution.enter_context(outer)
    try:
        body()
    except Exception:
        if "throw" not in given:
            raise
    finally:
        execution.leave_context(token)


def _reader(name: str | None) -> Any:
    if name is None:
        return None
    if name == "*":
        return lambda candidate: candidate
    return lambda candidate: candidate[name]


class _TestFailed(TypeError):
    pass


def _test(operator: str, name: str, limit: Any) -> Any:
    if operator == "<=":
        return lambda candidate: candidate[name] <= limit
    if operator == ">=":
        return lambda candidate: candidate[name] >= limit

    def fail(candidate: Any) -> bool:
        if candidate[name] == limit:
            raise _TestFailed("the test failed")
        return True

    return fail


def _filter(step: xray_sdk.Step, given: dict[str, Any]) -> None:
    options = {key: given[key] for key in ("evaluate", "type", "person", "watch") if key in given}
    rules = []
    for rule in given["rules"]:
        known = _named({key: item for key, item in rule.items() if key not in ("test", "actual")})
        read = _reader(rule.get("actual"))
        rules.append(xray_sdk.FilterRule(test=_test(*rule["test"]), actual=read, **known))
    try:
        step.filter(
            decode(given["candidates"]),
            id=_reader(given["id"]),
            rules=rules,
            score=_reader(given.get("score")),
            data=_reader(given.get("data")),
            **options,
        )
    except _TestFailed:
        pass


def _rank(step: xray_sdk.Step, given: dict[str, Any]) -> None:
    options = {key: given[key] for key in ("top", "order", "type", "watch") if key in given}
    names = given.get("scores")
    scores = None if names is None else lambda item: {name: item[name] for name in names}
    step.rank(
        decode(given["candidates"]),
        id=_reader(given["id"]),
        score=_reader(given["score"]),
        scores=scores,
        **options,
    )


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda found: f"_{found.group().lower()}", name)


def _named(given: Any) -> dict[str, Any]:
    """The members of an object of the wire format as keyword arguments."""
    members: dict[str, Any] = {}
    for key, value in given.items():
        if key in _OBJECTS and isinstance(value, dict) and _special(value) is None:
            members[_snake(key)] = _named(value)
        elif key in _LISTS and isinstance(value, list):
            members[_snake(key)] = [_named(v) if isinstance(v, dict) else decode(v) for v in value]
        elif key == "redact":
            members["redact"] = xray_sdk.Redact(**value)
        else:
            members[_snake(key)] = decode(value)
    return members


def _special(value: Any) -> tuple[str, Any] | None:
    if not isinstance(value, dict) or len(value) != 1:
        return None
    ((key, operand),) = value.items()
    return (key, operand) if key.startswith("$") else None


def decode(value: Any) -> Any:
    """A value of the notation as a value of this language."""
    special = _special(value)
    if special is not None:
        return _decode_special(*special)
    if isinstance(value, list):
        return [decode(item) for item in value]
    if isinstance(value, dict):
        return {key: decode(item) for key, item in value.items()}
    return value


class _Instance:
    def __init__(self, members: dict[str, Any]) -> None:
        self.__dict__.update(members)


class _Throwing:
    def __init__(self, members: dict[str, Any]) -> None:
        self.__dict__.update(members)

    def __getattribute__(self, name: str) -> Any:
        if name == "broken":
            raise RuntimeError("boom")
        return super().__getattribute__(name)


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _decode_special(name: str, operand: Any) -> Any:
    if name == "$number":
        return float(operand.replace("Infinity", "inf"))
    if name == "$bigint":
        return int(operand)
    if name == "$date":
        at = datetime.strptime(operand, "%Y-%m-%dT%H:%M:%S.%fZ")
        return at.replace(tzinfo=timezone.utc)
    if name == "$bytes":
        return base64.b64decode(operand)
    if name == "$zeros":
        return bytes(operand)
    if name == "$set":
        return set(decode(operand))
    if name == "$map":
        return {_hashable(decode(key)): decode(item) for key, item in operand}
    if name == "$function":
        return lambda: operand
    if name == "$error":
        members = dict(operand)
        kind = type(members.pop("type"), (Exception,), {})
        error = kind(decode(members.pop("message")))
        cause = members.pop("cause", None)
        error.__cause__ = None if cause is None else decode(cause)
        for key, item in members.items():
            setattr(error, key, decode(item))
        return error
    if name == "$errors":
        kind = type("AggregateError", (Exception,), {})
        error = kind(operand["message"])
        error.exceptions = tuple(decode(item) for item in operand["errors"])  # type: ignore[attr-defined]
        return error
    if name == "$instance":
        return _Instance(decode(operand))
    if name == "$cycle":
        value = decode(operand)
        value["self"] = value
        return value
    if name == "$cycleInList":
        value = decode(operand)
        value["list"] = [1, value]
        return value
    if name == "$twice":
        value = decode(operand)
        return {"first": value, "second": value}
    if name == "$throwing":
        return _Throwing(operand)
    if name == "$decimal":
        return Decimal(operand)
    if name == "$uuid":
        return UUID(operand)
    if name == "$tuple":
        return tuple(decode(operand))
    if name == "$dataclass":
        members = decode(operand)
        kind = dataclasses.make_dataclass("Data", list(members))
        return kind(**members)
    if name == "$enum":
        return enum.Enum("Color", {"CHOSEN": operand})["CHOSEN"]
    return _expand(name, operand)


def expand(value: Any) -> Any:
    """Writes out the short forms of long JSON in an expected snapshot."""
    return decode(value)


def _expand(name: str, operand: Any) -> Any:
    if name == "$repeat":
        return operand[0] * operand[1]
    if name == "$concat":
        return "".join(decode(part) for part in operand)
    if name == "$list":
        return [decode(operand[0]) for _ in range(operand[1])]
    if name == "$keys":
        return {f"k{n}": n for n in range(operand)}
    if name == "$nest":
        value = operand[1]
        for _ in range(operand[0]):
            value = {"a": value}
        return value
    if name == "$nestList":
        value = operand[1]
        for _ in range(operand[0]):
            value = [value]
        return value
    if name == "$longKey":
        return {"k" * operand[0]: operand[1]}
    if name == "$longKeys":
        return {"k" * operand[0] + "a": operand[1], "k" * operand[0] + "b": operand[2]}
    if name == "$words":
        return operand.split(" ")
    if name == "$json":
        return json.loads(operand)
    if name == "$products":
        return [
            {"id": f"p{n}", "price": n * 7 % 101, "rating": n * 13 % 50 / 10}
            for n in range(operand)
        ]
    raise AssertionError(f"no value for {name}")


_VARYING = ("sdk", "instanceId", "sentAt", "startedAt", "endedAt", "durationMs")


def stable(snapshot: dict[str, Any]) -> dict[str, Any]:
    """A snapshot without the members that differ from run to run."""
    kept = {key: value for key, value in snapshot.items() if key not in _VARYING}
    if "trace" in kept:
        kept["trace"] = {**kept["trace"], "spanId": "1" * 16}
    kept["steps"] = [
        {key: value for key, value in step.items() if key not in ("startedAt", "durationMs")}
        for step in snapshot["steps"]
    ]
    if "marks" in kept:
        kept["marks"] = in_order(kept["marks"])
    return kept


def in_order(marks: list[Any]) -> list[Any]:
    """The order of marks has no meaning."""
    return sorted(marks, key=lambda mark: json.dumps(mark, sort_keys=True))
