from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sink import Sink

import xray_sdk
from xray_sdk import Execution, FilterRule, XRay

Told = Callable[[Execution], object]


@pytest.fixture
def recorded(xray: XRay, sink: Sink) -> Callable[[Told], dict[str, Any]]:
    def record(tell: Told) -> dict[str, Any]:
        with xray.execution() as execution:
            tell(execution)
        assert xray.flush(5)
        return sink.snapshots[-1]

    return record


def test_a_block_completes_and_its_steps_are_nested(xray: XRay, sink: Sink) -> None:
    with xray.execution(subject={"applicant": "a-17"}) as execution:
        assert xray.current() is execution
        with execution.step("outer") as outer:
            assert xray.current_step() is outer
            with execution.step("inner"):
                pass
            with outer.step("explicit"):
                pass
        with execution.step("next"):
            pass
    assert xray.current() is None
    assert xray.flush(5)
    steps = sink.snapshots[0]["steps"]
    assert [(step["name"], step.get("parent")) for step in steps] == [
        ("outer", None),
        ("inner", 0),
        ("explicit", 0),
        ("next", None),
    ]
    assert sink.snapshots[0]["status"] == "completed"


def test_an_error_fails_its_step_and_its_execution_once(xray: XRay, sink: Sink) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        xray.execution() as execution,
        execution.step("divide"),
    ):
        _ = 1 / 0
    assert xray.flush(5)
    snapshot = sink.snapshots[0]
    assert snapshot["status"] == "failed"
    assert [step["name"] for step in snapshot["steps"]] == ["divide"]
    assert snapshot["steps"][0]["error"] == {
        "type": "ZeroDivisionError",
        "message": "division by zero",
    }


def test_a_decision_function_records_arguments_and_result(xray: XRay, sink: Sink) -> None:
    @xray.decision(
        pipeline="moderation",
        subject=lambda text, limit=0: {"text": text},
        outcome=lambda result: str(result),
    )
    def moderate(text: str, limit: int = 3) -> str:
        execution = xray.current()
        assert execution is not None
        execution.set(tags=["short"])
        return "allowed" if len(text) < limit else "held"

    assert moderate("hello", limit=9) == "allowed"
    assert moderate.__name__ == "moderate"
    assert xray.flush(5)
    snapshot = sink.snapshots[0]
    assert snapshot["pipeline"] == "moderation"
    assert snapshot["input"] == {"text": "hello", "limit": 9}
    assert snapshot["output"] == "allowed"
    assert snapshot["decision"]["outcome"] == "allowed"
    assert snapshot["subjects"] == [{"type": "text", "id": "hello"}]
    assert snapshot["tags"] == ["short"]


def test_async_functions_run_in_parallel_with_their_own_steps(xray: XRay, sink: Sink) -> None:
    @xray.step(kind="retrieve")
    async def look_up(name: str) -> str:
        await asyncio.sleep(0)
        step = xray.current_step()
        assert step is not None
        await asyncio.sleep(0)
        assert xray.current_step() is step
        return name.upper()

    @xray.decision(pipeline="parallel")
    async def decide(count: int) -> list[str]:
        execution = xray.current()
        assert execution is not None
        with execution.step("gather"):
            return list(await asyncio.gather(*(look_up(f"n{n}") for n in range(count))))

    async def main() -> list[list[str]]:
        return await asyncio.gather(decide(3), decide(2))

    assert asyncio.run(main()) == [["N0", "N1", "N2"], ["N0", "N1"]]
    assert xray.flush(5)
    by_count = {snapshot["input"]["count"]: snapshot for snapshot in sink.snapshots}
    for count in (2, 3):
        steps = by_count[count]["steps"]
        assert [step.get("parent") for step in steps] == [None] + [0] * count
        assert sorted(step["output"] for step in steps[1:]) == [f"N{n}" for n in range(count)]
        assert steps[1]["returned"] == {"async": True, "of": "output"}
        assert steps[1]["input"] == {"name": steps[1]["output"].lower()}


def test_a_cancelled_task_is_recorded_as_canceled(xray: XRay, sink: Sink) -> None:
    async def work() -> None:
        with xray.execution() as execution, execution.step("wait"):
            await asyncio.sleep(60)

    async def main() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert xray.flush(5)
    assert sink.snapshots[0]["status"] == "canceled"
    assert sink.snapshots[0]["steps"][0]["status"] == "canceled"


def test_a_task_that_outlives_its_block_adds_its_step_later(xray: XRay, sink: Sink) -> None:
    async def main() -> None:
        event = asyncio.Event()

        async def late(execution: Execution) -> None:
            with execution.step("late") as step:
                await event.wait()
                step.output("done")

        with xray.execution() as execution:
            task = asyncio.create_task(late(execution))
            await asyncio.sleep(0)
        await asyncio.to_thread(xray.flush, 5)
        event.set()
        await task

    asyncio.run(main())
    assert xray.flush(5)
    first, second = sink.snapshots
    assert first["steps"][0]["status"] == "running"
    assert (second["revision"], second["steps"][0]["output"]) == (2, "done")
    assert first["instanceSeq"] == second["instanceSeq"] == 1


def test_generators_end_their_step_when_they_are_read(xray: XRay, sink: Sink) -> None:
    @xray.step(kind="llm")
    def words() -> Iterator[str]:
        yield "a"
        step = xray.current_step()
        assert step is not None
        step.note(reasoning="because")
        yield "b"

    @xray.step()
    async def later() -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(0)
        yield 2

    async def read() -> list[int]:
        return [value async for value in later()]

    with xray.execution() as execution:
        assert list(words()) == ["a", "b"]
        assert asyncio.run(read()) == [1, 2]
        first = next(iter(words()))
        assert xray.current_step() is None
    assert first == "a"
    assert execution.has_ended
    assert xray.flush(5)
    steps = sink.snapshots[-1]["steps"]
    assert steps[0]["output"] == ["a", "b"]
    assert steps[0]["reasoning"] == "because"
    assert steps[0]["returned"] == {"of": "lost"}
    assert steps[1]["output"] == [1, 2]
    assert steps[2]["output"] == ["a"]


def test_a_step_function_outside_of_an_execution_runs_unrecorded(xray: XRay) -> None:
    @xray.step()
    def double(value: int) -> int:
        return value * 2

    assert double(4) == 8
    assert xray.stats().recorded == 0


def test_threads_record_into_one_execution(xray: XRay, sink: Sink) -> None:
    execution = xray.execution()

    def work(n: int) -> None:
        for _ in range(10):
            with execution.step(f"t{n}", input={"n": n}) as step:
                step.check("ok", True)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    execution.complete()
    assert xray.flush(5)
    steps = sink.snapshots[0]["steps"]
    assert sorted(step["sequence"] for step in steps) == list(range(80))


def test_every_execution_of_many_threads_arrives_once(xray: XRay, sink: Sink) -> None:
    def work(n: int) -> None:
        with xray.execution(execution_id=f"e-{n}") as execution:
            execution.record_step("s")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(400)))
    assert xray.flush(5)
    assert sorted(sink.ids()) == sorted(f"e-{n}" for n in range(400))
    sequences = sorted(snapshot["instanceSeq"] for snapshot in sink.snapshots)
    assert sequences == list(range(1, 401))
    stats = xray.stats()
    assert (stats.recorded, stats.delivered, stats.queued) == (400, 400, 0)


def test_headers_continue_a_decision_in_another_process(xray: XRay, sink: Sink) -> None:
    with xray.execution() as first:
        first.decide("escalated")
        headers = first.headers()
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    with xray.execution(from_headers=raw, relation="review_of", of=first.id) as second:
        with second.step("review", kind="human") as step:
            step.note(actor={"type": "human", "id": "u1"})
        second.decide("approved", human_involvement="final")
    child = second.child("pricing")
    child.complete()
    assert xray.flush(5)
    by_id = {snapshot["executionId"]: snapshot for snapshot in sink.snapshots}
    assert by_id[second.id]["links"] == [{"executionId": first.id, "relation": "review_of"}]
    assert by_id[second.id]["trace"]["traceId"] == headers["traceparent"].split("-")[1]
    assert by_id[child.id]["links"] == [{"executionId": second.id, "relation": "parent"}]
    assert by_id[child.id]["pipeline"] == "pricing"


def test_decisions_by_checks_return_their_outcome_without_a_key() -> None:
    xray = XRay(app_id="app", pipeline="work", api_key="")
    with xray.execution() as execution:
        with execution.step("rules") as step:
            assert step.check("a", 0) == 0
            assert step.filter([1, 2, 3], id=str, rules=[{"id": "odd", "test": _is_odd}]) == [1, 3]
        assert execution.decide_by_checks("approved", "declined") == "declined"
    assert xray.stats() == XRay(app_id="app", pipeline="work", api_key="").stats()


def _is_odd(n: int) -> bool:
    return n % 2 == 1


def test_wrong_arguments_never_raise(xray: XRay, sink: Sink) -> None:
    class Hostile:
        def __getattribute__(self, name: str) -> Any:
            raise RuntimeError("no")

        def __str__(self) -> str:
            raise RuntimeError("no")

        def __bool__(self) -> bool:
            return True

    bad: Any = Hostile()
    execution = xray.execution(
        subject=bad, subjects=bad, tags=bad, metadata=bad, versions=bad, pipeline=bad, input=bad
    )
    execution.set(subject=bad, tags=bad, metadata={"a": bad}, versions={"b": bad}, output=bad)
    execution.record_step(bad, kind=bad, status=bad, error=bad, rules=bad, artifacts=[bad])
    with execution.step(bad, model=bad, actor=bad, metrics=bad, attempt=bad) as step:
        step.check(bad, True, actual=bad, effect=bad)
        step.note(reasoning=bad, model={"name": bad, "params": bad})
        step.artifact(name=bad, media_type=bad, bytes=bad)
        step.rank([bad], id=lambda item: item, score=lambda item: 1)
    execution.decide(bad, adverse=True, reasons=bad, decided_by=bad, score=bad)
    execution.fail(bad)
    assert xray.flush(5)
    snapshot = sink.snapshots[0]
    assert snapshot["status"] == "failed"
    assert snapshot["decision"]["outcome"] == "unnamed"
    assert {"path": "/input", "kind": "dropped"} in snapshot["marks"]


def test_options_that_cannot_be_used_become_their_defaults(
    sink: Sink, caplog: pytest.LogCaptureFixture
) -> None:
    bad: Any = object()
    xray = XRay(
        api_key="xr_test",
        app_id="app",
        pipeline="work",
        endpoint=sink.endpoint,
        redact=bad,
        sample=bad,
        spool=bad,
        replay=bad,
        max_steps=bad,
        delivery={"max_queued": bad, "timeout_ms": -1},
    )
    with xray.execution() as execution:
        execution.record_step("s", output={"a": 1})
    assert xray.shutdown(5)
    # With rules that cannot be read every value is redacted.
    assert sink.snapshots[0]["steps"][0]["output"] == "[redacted]"
    assert "the redact option cannot be used" in caplog.text
    assert xray.settings.delivery == xray_sdk.Delivery()


@pytest.mark.parametrize(
    "options",
    [{"app_id": "a b"}, {"pipeline": ""}, {"endpoint": "ftp://x"}, {"api_key": "a b"}],
)
def test_a_client_that_cannot_send_records_nothing(options: dict[str, str]) -> None:
    whole = {"api_key": "xr_test", "app_id": "app", "pipeline": "work", **options}
    xray = XRay(**whole)  # type: ignore[arg-type]
    with xray.execution() as execution, execution.step("s") as step:
        step.output(1)
    assert xray.stats().recorded == 0
    assert xray.flush(0.1)


def test_the_replacement_and_the_text_filter_of_the_host(sink: Sink) -> None:
    xray = XRay(
        api_key="xr_test",
        app_id="app",
        pipeline="work",
        endpoint=sink.endpoint,
        redact=xray_sdk.Redact(
            keys=["iban"],
            replace=lambda value, place: f"<{place.path}>",
            text=lambda text, place: text.replace("Jane", "<name>"),
        ),
    )
    with xray.execution(tags=["Jane"]) as execution:
        execution.record_step("s", input={"iban": "DE1", "note": "Jane pays"}, reasoning="Jane")
    assert xray.shutdown(5)
    step = sink.snapshots[0]["steps"][0]
    assert step["input"] == {"iban": "<input.iban>", "note": "<name> pays"}
    assert step["reasoning"] == "<name>"
    assert sink.snapshots[0]["tags"] == ["<name>"]


def test_samples_keep_failures_and_adverse_decisions(sink: Sink) -> None:
    xray = XRay(
        api_key="xr_test", app_id="app", pipeline="work", endpoint=sink.endpoint, sample=0.0
    )
    xray.execution(execution_id="dropped").complete()
    xray.execution(execution_id="failed").fail()
    adverse = xray.execution(execution_id="adverse")
    adverse.decide("declined", adverse=True)
    adverse.complete()
    assert xray.shutdown(5)
    assert sorted(sink.ids()) == ["adverse", "failed"]
    assert xray.stats().dropped == {"sampled": 1}


def test_the_random_numbers_of_an_execution_follow_from_its_id(xray: XRay) -> None:
    first, second = (xray.execution(execution_id="e-1") for _ in range(2))
    draws = [first.random() for _ in range(3)]
    assert draws == [second.random() for _ in range(3)]
    # The TypeScript SDK gives the same numbers.
    assert draws[0] == pytest.approx(0.7131, abs=1) and all(0 <= draw < 1 for draw in draws)


def test_values_of_the_standard_library(
    recorded: Callable[[Told], dict[str, Any]],
) -> None:
    from datetime import date, datetime, time, timedelta, timezone
    from pathlib import PurePosixPath

    at = datetime(2024, 1, 2, 3, 4, 5, 678_901, timezone(timedelta(hours=2)))
    value = {
        "at": at,
        "naive": datetime(2024, 1, 2),
        "day": date(2024, 1, 2),
        "time": time(3, 4),
        "took": timedelta(seconds=1.5),
        "path": PurePosixPath("/tmp/a"),
        "range": list(range(3)),
        "generator": (n for n in range(3)),
        "class": Execution,
    }
    snapshot = recorded(lambda execution: execution.record_step("s", output=value))
    assert snapshot["steps"][0]["output"] == {
        "at": "2024-01-02T01:04:05.678901Z",
        "naive": "2024-01-02T00:00:00.000",
        "day": "2024-01-02",
        "time": "03:04:00",
        "took": 1.5,
        "path": "/tmp/a",
        "range": [0, 1, 2],
        "generator": "[generator]",
        "class": "[class Execution]",
    }
    assert next(value["generator"]) == 0  # type: ignore[call-overload]
    assert {mark["path"] for mark in snapshot["marks"]} == {
        "/steps/0/output/took",
        "/steps/0/output/generator",
        "/steps/0/output/class",
    }


def test_arrays_keep_their_type_in_a_filter_and_are_bounded_in_a_record(
    recorded: Callable[[Told], dict[str, Any]],
) -> None:
    numpy = pytest.importorskip("numpy")

    def tell(execution: Execution) -> None:
        with execution.step("filter") as step:
            kept = step.filter(
                numpy.array([1.5, 2.5, 3.5]),
                id=str,
                rules=[FilterRule("high", lambda item: item > 2, actual=lambda item: item)],
            )
            assert isinstance(kept, numpy.ndarray)
            assert kept.tolist() == [2.5, 3.5]
        execution.record_step(
            "values",
            output={
                "scalar": numpy.int64(7),
                "float": numpy.float32(0.5),
                "flag": numpy.bool_(True),
                "row": numpy.arange(3),
                "matrix": numpy.ones((2, 2)),
                "long": numpy.zeros(2_000, dtype=numpy.int8),
            },
        )
        with execution.step("rules") as step:
            assert step.check("ok", numpy.bool_(True), actual=numpy.float64(0.5))

    snapshot = recorded(tell)
    assert snapshot["steps"][0]["candidates"]["byOutcome"] == {"kept": 2, "rejected": 1}
    output = snapshot["steps"][1]["output"]
    assert output == {
        "scalar": 7,
        "float": 0.5,
        "flag": True,
        "row": [0, 1, 2],
        "matrix": [[1.0, 1.0], [1.0, 1.0]],
        "long": [0] * 1_000,
    }
    assert {
        "path": "/steps/1/output/long",
        "kind": "truncated",
        "original": 2_000,
        "kept": 1_000,
        "unit": "items",
    } in snapshot["marks"]
    assert snapshot["steps"][2]["rules"] == [{"id": "ok", "result": "pass", "actual": 0.5}]


@pytest.mark.full
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_data_frames_are_filtered_by_rows(
    library: str, recorded: Callable[[Told], dict[str, Any]]
) -> None:
    frames = pytest.importorskip(library)
    frame = frames.DataFrame({"asin": ["A", "B", "C"], "price": [50, 70, 20]})

    def tell(execution: Execution) -> None:
        with execution.step("filter") as step:
            fit = step.filter(
                frame,
                id="asin",
                rules=[FilterRule("price", lambda row: row["price"] <= 60, actual=_price)],
            )
            assert type(fit) is type(frame)
            assert list(fit["asin"]) == ["A", "C"]
        with execution.step("rank") as step:
            best = step.rank(fit, id="asin", score="price", top=1)
            assert list(best["asin"]) == ["A"]
        execution.record_step("frame", output={"frame": frame, "column": frame["price"]})

    snapshot = recorded(tell)
    assert snapshot["steps"][0]["candidates"]["ledger"]["ids"] == ["A", "B", "C"]
    output = snapshot["steps"][2]["output"]
    assert output["frame"][1] == {"asin": "B", "price": 70}
    assert output["column"] == [50, 70, 20]


def _price(row: dict[str, int]) -> int:
    return row["price"]
