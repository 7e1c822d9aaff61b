"""Ends of processes, forks and spools, with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sink import Sink

SOURCE = Path(__file__).resolve().parents[1] / "src"
START = """
import os, sys, time
import xray_sdk
xray = xray_sdk.XRay(api_key="xr_test", app_id="app", pipeline="work", endpoint=ENDPOINT, **OPTIONS)
def record(*ids):
    for each in ids:
        with xray.execution(execution_id=each) as execution:
            execution.record_step("s", output={"n": 1})
"""


def start(
    sink_endpoint: str, program: str, options: str = "{}", **given: Any
) -> subprocess.Popen[str]:
    text = f"ENDPOINT = {sink_endpoint!r}\nOPTIONS = {options}\n{START}\n{program}"
    # xray_sdk is found without an installation.
    env = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return subprocess.Popen(
        [sys.executable, "-c", text],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
        **given,
    )


def run(sink: Sink, program: str, options: str = "{}") -> subprocess.CompletedProcess[str]:
    process = start(sink.endpoint, program, options)
    out, err = process.communicate(timeout=30)
    return subprocess.CompletedProcess([], process.returncode, out, err)


def test_a_program_that_ends_delivers_its_last_records(sink: Sink) -> None:
    result = run(sink, "record('e-1')")
    assert (result.returncode, result.stderr) == (0, "")
    assert sink.ids() == ["e-1"]


@pytest.mark.parametrize(
    ("end", "code"), [("raise ValueError('x')", 1), ("sys.exit(3)", 3), ("sys.exit()", 0)]
)
def test_every_orderly_end_delivers_and_keeps_its_exit_code(
    sink: Sink, end: str, code: int
) -> None:
    result = run(sink, f"record('e-1')\n{end}")
    assert result.returncode == code
    assert sink.ids() == ["e-1"]


def test_a_server_that_hangs_holds_the_end_for_two_seconds_at_most(sink: Sink) -> None:
    sink.behaviour = lambda snapshots: (time.sleep(4), (503, "", {}))[1]
    started = time.monotonic()
    result = run(sink, "import atexit; atexit.register(lambda: print(xray.stats()))\nrecord('e-1')")
    assert time.monotonic() - started < 5
    assert result.returncode == 0


def test_the_end_counts_what_was_not_delivered(sink: Sink) -> None:
    sink.behaviour = lambda snapshots: (503, "no", {})
    # The functions of atexit run in the reverse order of their registration.
    program = """
import atexit
import xray_sdk._client as client
record('e-1', 'e-2')
atexit.unregister(client._at_exit)
atexit.register(lambda: print(dict(xray.stats().dropped), xray.stats().queued))
atexit.register(client._at_exit)
"""
    result = run(sink, program)
    assert result.stdout.strip() == "{'exit': 2} 0"


def test_a_forked_process_sends_its_own_records_and_none_of_its_parent(sink: Sink) -> None:
    program = """
xray.flush(5)
record('before')
if os.fork() == 0:
    assert xray.stats().recorded == 0
    record('child')
    assert xray.flush(5)
    print(xray.stats().recorded, xray.stats().delivered, flush=True)
    os._exit(0)
os.wait()
record('after')
"""
    result = run(
        sink,
        program,
        "{'delivery': xray_sdk.Delivery(delay_ms=100)}".replace(
            "xray_sdk.Delivery(delay_ms=100)", "{'delay_ms': 100}"
        ),
    )
    assert result.stderr == ""
    assert sorted(sink.ids()) == ["after", "before", "child"]
    assert result.stdout.strip() == "1 1"
    by_id = {snapshot["executionId"]: snapshot for snapshot in sink.snapshots}
    assert by_id["child"]["instanceId"] != by_id["before"]["instanceId"]
    assert by_id["after"]["instanceId"] == by_id["before"]["instanceId"]
    assert (by_id["child"]["instanceSeq"], by_id["after"]["instanceSeq"]) == (1, 2)


def test_many_forks_beside_recording_threads_never_hang(sink: Sink) -> None:
    program = """
import threading
is_over = threading.Event()
def work(n):
    count = 0
    while not is_over.is_set():
        record(f'p-{n}-{count}')
        count += 1
threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
for thread in threads: thread.start()
children = []
for n in range(20):
    child = os.fork()
    if child == 0:
        record(f'c-{n}')
        os._exit(0 if xray.flush(10) else 1)
    children.append(child)
codes = [os.waitpid(child, 0)[1] for child in children]
is_over.set()
for thread in threads: thread.join()
assert xray.flush(10)
print(codes, xray.stats().recorded, xray.stats().delivered, sum(xray.stats().dropped.values()))
"""
    result = run(sink, program)
    assert result.returncode == 0, result.stderr
    codes, _, counts = result.stdout.strip().rpartition("] ")
    assert set(codes[1:].split(", ")) == {"0"}
    recorded, delivered, dropped = map(int, counts.split())
    assert recorded == delivered + dropped
    ids = sink.ids()
    assert {f"c-{n}" for n in range(20)} <= set(ids)
    assert len(ids) == len(set(ids)) == delivered + 20


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_of_multiprocessing_deliver_at_their_end(
    sink: Sink, method: str, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        f"""
import multiprocessing
import xray_sdk
xray = xray_sdk.XRay(api_key="xr_test", app_id="app", pipeline="work", endpoint={sink.endpoint!r})
def work(n):
    with xray.execution(execution_id=f"w-{{n}}"):
        pass
if __name__ == "__main__":
    context = multiprocessing.get_context({method!r})
    with xray.execution(execution_id="main"):
        pass
    workers = [context.Process(target=work, args=(n,)) for n in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
""",
        encoding="utf-8",
    )
    env = {**os.environ, "PYTHONPATH": str(SOURCE)}
    subprocess.run([sys.executable, str(program)], check=True, env=env, timeout=30)
    assert sorted(sink.ids()) == ["main", "w-0", "w-1"]


def test_kill_9_with_a_spool_loses_nothing_that_is_on_disk(sink: Sink, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    process = start(
        "http://127.0.0.1:9",
        "record(*(f'e-{n}' for n in range(500)))\nprint('recorded', flush=True)\ntime.sleep(60)",
        f"{{'spool': {str(spool)!r}}}",
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "recorded\n"
    deadline = time.monotonic() + 10
    while _lines_in(spool) < 500:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    result = run(
        sink,
        "record('new')\nassert xray.flush(10)\n"
        "while xray.stats().recorded < 501: time.sleep(0.01)\nassert xray.flush(10)\n"
        "while xray.stats().queued: time.sleep(0.01)\n"
        "s = xray.stats(); print(s.recorded, s.delivered, dict(s.dropped))",
        f"{{'spool': {str(spool)!r}}}",
    )
    assert result.stdout.strip() == "501 501 {}", result.stderr
    assert sorted(sink.ids()) == sorted(["new", *(f"e-{n}" for n in range(500))])
    assert list(spool.iterdir()) == []


def _lines_in(spool: Path) -> int:
    return sum(file.read_bytes().count(b"\n") for file in spool.glob("*/*.spool"))


@pytest.mark.parametrize("after_s", [0.0, 0.05])
def test_a_kill_at_any_moment_leaves_whole_records(
    sink: Sink, tmp_path: Path, after_s: float
) -> None:
    spool = tmp_path / "spool"
    process = start(
        sink.endpoint,
        "print('go', flush=True)\nn = 0\nwhile True:\n    record(f'e-{n}')\n    n += 1",
        f"{{'spool': {str(spool)!r}}}",
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    process.wait()
    on_disk = {
        line.split(b" ")[3].decode()
        for file in spool.glob("*/*.spool")
        for line in file.read_bytes().split(b"\n")[:-1]
    }
    result = run(
        sink,
        "time.sleep(0.3)\nxray.flush(10)\nwhile xray.stats().queued: time.sleep(0.01)\n"
        "s = xray.stats(); print(s.recorded, s.delivered, sum(s.dropped.values()))",
        f"{{'spool': {str(spool)!r}}}",
    )
    recorded, delivered, dropped = map(int, result.stdout.split())
    assert recorded == delivered + dropped
    # A line that the kill tore is counted as dropped.
    assert dropped <= 1
    assert on_disk <= set(sink.ids())
    numbers = sorted({int(each.removeprefix("e-")) for each in sink.ids()})
    assert numbers == list(range(len(numbers)))


def test_a_spool_whose_disk_refuses_falls_back_to_memory(sink: Sink, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    result = run(
        sink,
        "record('e-1')\nassert xray.flush(5)\nprint(xray.stats().not_durable)",
        f"{{'spool': {str(tmp_path / 'file')!r}}}",
    )
    assert result.stdout.strip() == "1"
    assert "cannot be written" in result.stderr
    assert sink.ids() == ["e-1"]


def test_an_orderly_end_with_a_spool_and_no_server_keeps_the_records(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    process = start("http://127.0.0.1:9", "record('e-1')", f"{{'spool': {str(spool)!r}}}")
    process.communicate(timeout=10)
    assert _lines_in(spool) == 1
    sink = Sink()
    run(
        sink,
        "xray.flush(5)\nwhile not xray.stats().delivered: time.sleep(0.01)",
        f"{{'spool': {str(spool)!r}}}",
    )
    assert sink.ids() == ["e-1"]
    sink.close()
