from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src"
PROGRAM = """
import gc, os, sys
import xray_sdk
def resident():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
xray = xray_sdk.XRay(api_key="xr_test", app_id="app", pipeline="work", endpoint="http://127.0.0.1:9")
def record(count):
    for n in range(count):
        with xray.execution(subject={"applicant": n}) as execution:
            with execution.step("s", input={"n": n, "text": "x" * 100}) as step:
                step.check("ok", True, actual=n, threshold=0)
            execution.decide("approved")
before = resident()
record(int(sys.argv[1]))
stats = xray.stats()
assert stats.recorded == int(sys.argv[1])
assert stats.recorded == stats.delivered + stats.queued + sum(stats.dropped.values())
print((resident() - before) // 1024)
os._exit(0)
"""


@pytest.mark.full
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs the /proc of Linux")
def test_a_million_executions_without_a_server_take_ten_megabytes() -> None:
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, "1000000"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(SOURCE)},
        check=True,
    )
    assert int(result.stdout) < 10 * 1024
