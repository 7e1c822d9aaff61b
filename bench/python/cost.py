"""The cost of recording one execution, beside json.dumps and peers, in one process."""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import statistics
import time
from collections.abc import Callable

STEPS = 5
INPUT = {
    "applicant": {
        "id": "a-17",
        "name": "Jane Doe",
        "address": {"street": "Main St 5", "city": "Springfield", "zip": "12345"},
        "income": [4200, 4300, 4100],
        "employed": True,
    },
    "items": [
        {"sku": f"sku-{n}", "price": 9.99 + n, "count": n, "note": "a short note about the item"}
        for n in range(9)
    ],
    "meta": {"source": "web", "campaign": "spring", "score": 0.73, "flags": ["a", "b", "c"]},
}
OUTPUT = {"score": 750, "grade": "A"}


def with_json() -> Callable[[], None]:
    def once() -> None:
        steps = [
            {"name": "score", "kind": "retrieve", "input": INPUT, "output": OUTPUT}
            for _ in range(STEPS)
        ]
        json.dumps({"subject": "a-17", "steps": steps, "decision": "approved"}).encode()

    return once


def with_xray() -> Callable[[], None]:
    import xray_sdk

    xray = xray_sdk.XRay(
        api_key="xr_bench", app_id="bench", pipeline="bench", endpoint="http://127.0.0.1:9"
    )

    def once() -> None:
        with xray.execution(subject={"applicant": "a-17"}) as execution:
            for _ in range(STEPS):
                with execution.step("score", kind="retrieve", input=INPUT) as step:
                    step.output(OUTPUT)
            execution.decide("approved")

    return once


def with_opentelemetry() -> Callable[[], None]:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import (
        BatchSpanProcessor,
        SpanExporter,
        SpanExportResult,
    )

    class Serializer(SpanExporter):
        """Writes the spans, as an exporter does, and drops them."""

        def export(self, spans: tuple[ReadableSpan, ...]) -> SpanExportResult:
            for span in spans:
                span.to_json(indent=None)
            return SpanExportResult.SUCCESS

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Serializer(), max_queue_size=1_000))
    tracer = provider.get_tracer("bench")

    def once() -> None:
        with tracer.start_as_current_span("execution", attributes={"subject": "a-17"}) as root:
            for _ in range(STEPS):
                with tracer.start_as_current_span("score") as span:
                    span.set_attribute("input.value", json.dumps(INPUT))
                    span.set_attribute("output.value", json.dumps(OUTPUT))
            root.set_attribute("decision", "approved")

    return once


def with_langfuse() -> Callable[[], None]:
    os.environ["LANGFUSE_HOST"] = "http://127.0.0.1:9"
    logging.disable(logging.CRITICAL)
    from langfuse import Langfuse

    client = Langfuse(public_key="pk", secret_key="sk", host="http://127.0.0.1:9")

    def once() -> None:
        with client.start_as_current_span(name="execution", input="a-17") as root:
            for _ in range(STEPS):
                with client.start_as_current_span(name="score", input=INPUT) as span:
                    span.update(output=OUTPUT)
            root.update(output="approved")

    return once


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--executions", type=int, default=300)
    count = parser.parse_args().executions
    subjects: dict[str, Callable[[], None]] = {}
    for name, make in (
        ("json.dumps", with_json),
        ("xray-sdk", with_xray),
        ("opentelemetry-sdk", with_opentelemetry),
        ("langfuse", with_langfuse),
    ):
        try:
            subjects[name] = make()
        except ImportError as error:
            print(f"{name} is not measured: {error}")
    taken: dict[str, list[float]] = {name: [] for name in subjects}
    for once in subjects.values():
        for _ in range(50):
            once()
    for _ in range(15):
        for name, once in subjects.items():
            gc.collect()
            # The time of this process, so that other processes count less. It includes its threads.
            started = time.process_time()
            for _ in range(count):
                once()
            taken[name].append((time.process_time() - started) / count * 1e6)
    base = statistics.median(taken["json.dumps"])
    print(f"one execution of {STEPS} steps of {len(json.dumps(INPUT))} bytes, median of 15 rounds")
    for name, times in taken.items():
        middle = statistics.median(times)
        print(f"  {name:18} {middle:8.1f} us   {middle / base:6.2f} times json.dumps")
    # The threads of the peers would try to deliver at the end of the process.
    os._exit(0)


if __name__ == "__main__":
    main()
